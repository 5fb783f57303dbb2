"""
What is particular to a ticket: the check around the model boundary, and the response.

The rails in `decisions/` keep the row, the deadline and the one call, and insert the ticket as they close the row.
"""

from typing import TYPE_CHECKING

from decisions.contract import NoFacts
from decisions.workflow import DecisionProvider, Judgement
from tickets.check import Unsupported, check_answer
from tickets.contract import ExtractedTicket, TicketReport, TicketResponse
from tickets.policy import PRIORITIES
from tickets.prompt import PROMPTS
from traces.codes import ErrorCode
from traces.entries import Completed, Failed

if TYPE_CHECKING:
    from traces.models import TraceRecord


def judge(report: TicketReport, facts: NoFacts, provider: DecisionProvider[TicketReport, NoFacts]) -> Judgement:
    """
    Ask once for a ticket, and accept it only if every detail of its summary is in the text.

    :raises boundary.failures.ProviderFailure:
    """
    shape = PROMPTS[provider.prompt_version].answer
    reply = provider.decide(report, facts)
    verdict, closed = check_answer(reply.answer, report, PRIORITIES, shape=shape)
    if isinstance(verdict, Unsupported):
        code = ErrorCode.INVALID_DECISION
        return Judgement(Failed(error_code=code, error_reason=verdict.reason, answer=closed, usage=reply.usage))
    completed = Completed(decision=verdict.ticket.category, policy_line_ids=(), answer=closed, usage=reply.usage)
    return Judgement(completed, verdict.ticket)


def respond(trace: "TraceRecord", shown_id: str, error: str | None, ticket: ExtractedTicket | None) -> TicketResponse:
    return TicketResponse.model_validate(
        {
            "task_id": shown_id,
            "status": trace.status,
            "ticket": ticket,
            "error_code": trace.error_code,
            "error": error,
        }
    )
