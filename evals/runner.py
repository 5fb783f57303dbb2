"""Run cases through the same service as a customer's request, several at a time, and judge what came out."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed

from django.conf import settings
from django.db import connection

from evals.cases import EvalCase
from evals.outcomes import Outcome
from rotation.check import Supported, check_answer
from rotation.policy import P7
from rotation.providers import DecisionProvider
from rotation.providers.rules import RulesProvider
from rotation.service import LedgerUnavailable, decide
from traces.codes import Source, Status
from traces.entries import Submission
from traces.fingerprints import fingerprint
from traces.models import TraceRecord

SUBMISSION = Submission(source=Source.EVAL, submitter="eval")


def run_cases(
    cases: Iterable[EvalCase],
    *,
    provider: DecisionProvider,
    on_outcome: Callable[[Outcome], None],
    jobs: int,
    repeat: int = 1,
) -> None:
    """
    Hand over each outcome as it comes, from the thread that has it.

    When the run is stopped, what has begun still ends and is handed over, and the rest is left out.
    """
    chosen = tuple(cases)
    with ThreadPoolExecutor(jobs) as threads:
        waiting = [
            threads.submit(lambda *asked: on_outcome(_attempt(*asked)), case, attempt, provider)
            for attempt in range(1, repeat + 1)
            for case in chosen
        ]
        try:
            for done in as_completed(waiting):
                done.result()
        finally:
            for each in waiting:
                each.cancel()


def rules_baseline(cases: Iterable[EvalCase]) -> tuple[Outcome, ...]:
    """Say what the embedded rules decide; they are asked directly and leave no row."""
    return tuple(map(_by_the_rules, cases))


def _attempt(case: EvalCase, attempt: int, provider: DecisionProvider) -> Outcome:
    try:
        trace = decide(case.as_report, provider=provider, find_credential=lambda *_: case.facts, submission=SUBMISSION)
        return Outcome(
            case=case,
            attempt=attempt,
            decision=trace.decision,
            line_ids=tuple(trace.policy_line_ids),
            error_code=trace.error_code,
            error_reason=trace.error_reason,
            trace_id=trace.trace_id,
            trace_holds=_trace_holds(trace, case, provider),
            model=trace.model,
            provider_ms=trace.provider_ms,
            input_tokens=trace.input_tokens,
            output_tokens=trace.output_tokens,
        )
    except LedgerUnavailable as unavailable:
        return Outcome(case=case, attempt=attempt, trace_id=unavailable.trace_id)
    finally:
        connection.close()


def _trace_holds(told: TraceRecord, case: EvalCase, provider: DecisionProvider) -> bool:
    """Read the row again: what counts is what the ledger keeps, not what the service returned."""
    key = settings.FINGERPRINT_KEYS[0]
    return TraceRecord.objects.filter(
        trace_id=told.trace_id,
        status__in=(Status.COMPLETED, Status.FAILED),
        source=Source.EVAL,
        decision=told.decision,
        policy_line_ids=list(told.policy_line_ids),
        error_code=told.error_code,
        prompt_version=provider.prompt_version,
        policy_version=P7.version,
        fingerprint_key_id=key.id,
        input_fingerprint=fingerprint(case.as_report.credential_report, key),
    ).exists()


def _by_the_rules(case: EvalCase) -> Outcome:
    answer = RulesProvider().decide(case.as_report, case.facts).answer
    verdict = check_answer(answer, case.as_report, case.facts, P7)
    # The check never refuses the rules; were it to, they would have no decision.
    proven = verdict if isinstance(verdict, Supported) else None
    return Outcome(
        case=case,
        decision=proven.decision if proven else None,
        line_ids=proven.line_ids if proven else (),
        trace_holds=True,
    )
