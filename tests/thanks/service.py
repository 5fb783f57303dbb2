"""What is particular: the answer must quote the message."""

from functools import partial
from typing import TYPE_CHECKING

from pydantic import ValidationError

from boundary.strict_json import parse_strict_json
from decisions.contract import NoFacts
from decisions.workflow import DecisionProvider, Judgement
from tests.thanks.contract import Answer, Message, MessageResponse
from traces.codes import ErrorCode
from traces.entries import Completed, Failed

if TYPE_CHECKING:
    from traces.models import TraceRecord


def judge(report: Message, facts: NoFacts, provider: DecisionProvider[Message, NoFacts]) -> Judgement:
    reply = provider.decide(report, facts)
    refused = partial(Failed, error_code=ErrorCode.INVALID_DECISION, usage=reply.usage)
    try:
        answer = parse_strict_json(reply.answer, Answer)
    except ValidationError:
        return Judgement(refused(error_reason="malformed_answer"))
    closed = answer.model_dump(include={"kind"})
    if answer.quote not in report.sent_text:
        return Judgement(refused(error_reason="no_quote", answer=closed))
    return Judgement(Completed(decision=answer.kind, policy_line_ids=(), answer=closed, usage=reply.usage))


def respond(trace: "TraceRecord", shown_id: str, error: str | None, _product: None) -> MessageResponse:
    ended = {"status": trace.status, "kind": trace.decision, "error_code": trace.error_code, "error": error}
    return MessageResponse.model_validate({"note_id": shown_id, **ended})
