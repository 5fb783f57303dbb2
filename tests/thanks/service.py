"""What is particular: the answer must quote the message."""

from typing import TYPE_CHECKING

from pydantic import ValidationError

from boundary.strict_json import parse_strict_json
from decisions.contract import NoFacts
from decisions.workflow import DecisionProvider
from tests.thanks.contract import Answer, Message, MessageResponse
from traces.codes import ErrorCode
from traces.entries import Completed, Ending, Failed

if TYPE_CHECKING:
    from traces.models import TraceRecord


def judge(report: Message, facts: NoFacts, provider: DecisionProvider[Message, NoFacts]) -> Ending:
    reply = provider.decide(report, facts)
    try:
        answer = parse_strict_json(reply.answer, Answer)
    except ValidationError:
        return Failed(error_code=ErrorCode.INVALID_DECISION, error_reason="malformed_answer", usage=reply.usage)
    closed = answer.model_dump(include={"kind"})
    if answer.quote not in report.sent_text:
        return Failed(error_code=ErrorCode.INVALID_DECISION, error_reason="no_quote", answer=closed, usage=reply.usage)
    return Completed(decision=answer.kind, policy_line_ids=(), answer=closed, usage=reply.usage)


def respond(trace: "TraceRecord", shown_id: str, error: str | None) -> MessageResponse:
    ended = {"status": trace.status, "kind": trace.decision, "error_code": trace.error_code, "error": error}
    return MessageResponse.model_validate({"note_id": shown_id, **ended})
