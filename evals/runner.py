"""Run cases through the same service as a customer's request, several at a time, and judge their results."""

from collections.abc import Callable, Iterable
from itertools import product

from django.conf import settings

from decisions.decide import LedgerUnavailable, decide
from decisions.jobs import run_jobs
from decisions.suites import EvalCase
from decisions.workflow import Provider, Workflow
from evals.outcomes import Outcome
from traces.codes import ErrorCode, Source, Status
from traces.entries import Completed, Ending, Failed, Submission, Usage
from traces.fingerprints import fingerprint
from traces.models import TraceRecord

SUBMISSION = Submission(source=Source.EVAL, submitter="eval")


def run_cases(
    workflow: Workflow,
    cases: Iterable[EvalCase],
    *,
    provider: Provider,
    on_outcome: Callable[[Outcome], None],
    jobs: int,
    repeat: int = 1,
) -> None:
    """Pass on each outcome from its thread. If the run is stopped, only the cases that have begun still end."""

    def attempt_case(each: tuple[int, EvalCase]) -> None:
        attempt, case = each
        on_outcome(_attempt(workflow, case, attempt, provider))

    run_jobs(attempt_case, product(range(1, repeat + 1), cases), jobs=jobs)


def rules_baseline(workflow: Workflow, cases: Iterable[EvalCase]) -> tuple[Outcome, ...]:
    """Judge what the embedded rules decide. They are asked directly and leave no row."""
    judged = ((case, workflow.judge(case.as_report, case.facts, workflow.rules)) for case in cases)
    return tuple(Outcome(case=case, **vars(judgement), trace_holds=True) for case, judgement in judged)


def _attempt(workflow: Workflow, case: EvalCase, attempt: int, provider: Provider) -> Outcome:
    try:
        trace = decide(
            workflow, case.as_report, provider=provider, find_facts=lambda _: case.facts, submission=SUBMISSION
        )
        holds = _trace_holds(trace, workflow, case, provider)
        return Outcome(
            case=case,
            attempt=attempt,
            ending=_ending_of(trace),
            product=workflow.products.find(trace.trace_id) if workflow.products else None,
            trace_id=trace.trace_id,
            trace_holds=holds,
        )
    except LedgerUnavailable as unavailable:
        return Outcome(case=case, attempt=attempt, trace_id=unavailable.trace_id)


def _ending_of(trace: TraceRecord) -> Ending:
    usage = Usage.model_validate(trace, from_attributes=True)
    if trace.decision is not None:
        line_ids = tuple(trace.policy_line_ids)
        return Completed(decision=trace.decision, policy_line_ids=line_ids, answer=trace.answer, usage=usage)
    code = ErrorCode(str(trace.error_code))
    return Failed(error_code=code, error_reason=trace.error_reason, answer=trace.answer, usage=usage)


def _trace_holds(trace: TraceRecord, workflow: Workflow, case: EvalCase, provider: Provider) -> bool:
    """Read the row again: what counts is what the ledger keeps, not what the service returned."""
    key = settings.FINGERPRINT_KEYS[0]
    return TraceRecord.objects.filter(
        trace_id=trace.trace_id,
        status__in=(Status.COMPLETED, Status.FAILED),
        source=Source.EVAL,
        workflow=workflow.name,
        decision=trace.decision,
        policy_line_ids=list(trace.policy_line_ids),
        error_code=trace.error_code,
        prompt_version=provider.prompt_version,
        policy_version=workflow.policy_version,
        fingerprint_key_id=key.id,
        input_fingerprint=fingerprint(case.as_report.sent_text, key),
    ).exists()
