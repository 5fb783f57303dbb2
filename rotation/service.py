"""
What is particular to a rotation decision: its trusted record, and the P-7 check around the model boundary.

The rails in `decisions/` keep the row, the deadline and the one call. Nothing is ever rotated here.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings

from decisions.workflow import DecisionProvider, Judgement, Missing
from rotation.check import Unsupported, check_answer, check_facts
from rotation.contract import CredentialFacts, Decision, DecisionResponse, RotationReport
from rotation.policy import P7
from rotation.prompt import PROMPTS
from rotation.records import NO_ACCOUNT, find_credential
from traces.codes import NOT_A_MEMBER, ErrorCode
from traces.entries import Completed, Failed

if TYPE_CHECKING:
    from traces.models import TraceRecord


def find_facts(
    report: RotationReport, may_ask_about: Callable[[str], bool], now: datetime
) -> CredentialFacts | Missing:
    """
    Find the trusted record of the report's credential.

    For an account that the submitter may not ask about, the query uses an id that does not exist. So the answer and its
    time are those of an unknown account. The reason for operators does not depend on the records either.
    """
    is_member = may_ask_about(report.account_id)
    # mypy does not know the variables of workflows.
    fresh_hours: int | None = settings.RECORD_FRESH_HOURS  # type: ignore[misc]
    account_id = report.account_id if is_member else NO_ACCOUNT
    found = find_credential(account_id, report.item, now, fresh_hours=fresh_hours)
    return found if is_member else Missing(ErrorCode.ACCOUNT_UNKNOWN, NOT_A_MEMBER)


def judge(
    report: RotationReport, facts: CredentialFacts, provider: DecisionProvider[RotationReport, CredentialFacts]
) -> Judgement:
    """
    Ask once for a proposal, and accept it only if it follows from P-7 and the trusted record.

    :raises boundary.failures.ProviderFailure:
    """
    shape = PROMPTS[provider.prompt_version].answer
    reply = provider.decide(report, facts)
    verdict, closed = check_answer(reply.answer, report, facts, P7, shape=shape)
    if isinstance(verdict, Unsupported):
        code = ErrorCode.INVALID_DECISION
        return Judgement(Failed(error_code=code, error_reason=verdict.reason, answer=closed, usage=reply.usage))
    completed = Completed(decision=verdict.decision, policy_line_ids=verdict.line_ids, answer=closed, usage=reply.usage)
    return Judgement(completed)


def recheck(decision: str, line_ids: tuple[str, ...], facts: CredentialFacts) -> str | None:
    """
    Judge a stored decision again by its stored facts. Return the reason why it would be refused, None if it holds.

    :raises ValueError: the decision is unknown
    """
    verdict = check_facts(Decision(decision), line_ids, facts, P7)
    return verdict.reason if isinstance(verdict, Unsupported) else None


def respond(trace: "TraceRecord", shown_id: str, error: str | None, _product: None) -> DecisionResponse:
    return DecisionResponse.model_validate(
        {
            "trace_id": shown_id,
            "status": trace.status,
            "decision": trace.decision,
            "source_line_ids": tuple(trace.policy_line_ids),
            "error_code": trace.error_code,
            "error": error,
        }
    )
