"""A third workflow, to prove that one package and one line are enough: is this message a thank-you?"""

from decisions.contract import NoFacts
from decisions.prompts import Prompt, delimited, strict_object
from decisions.workflow import Description, Words, Workflow
from tests.thanks.contract import Answer, ClosedAnswer, Message, MessageResponse
from tests.thanks.rules import Rules
from tests.thanks.service import judge, respond
from traces.codes import ErrorCode

PROMPT: Prompt[Message, NoFacts, Answer] = Prompt(
    version="thanks@1",
    system=lambda _facts: "Is the message a thank-you? Quote the words that show it.",
    user=lambda message: delimited("message", message.message),
    answer=Answer,
    schema=strict_object(kind={"type": "string", "enum": ["thanks", "other"]}, quote={"type": "string"}),
    closed_answer=ClosedAnswer,
)
THANKS = Workflow(
    name="thanks",
    id_prefix="note",
    report=Message,
    policy_version="thanks@1",
    prompts={PROMPT.version: PROMPT},
    rules=Rules(),
    judge=judge,
    words=Words("Is this a thank-you?", "message", "answer", "Note id", "No failed answer of yours has this id."),
    sentences=dict.fromkeys(ErrorCode, "There is no answer."),
    reasons={"malformed_answer": "It was not the JSON asked for.", "no_quote": "The quote is not there."},
    respond=respond,
    description=Description(
        summary="Whether a message is a thank-you.",
        report_example={"message": "Thank you for the quick help."},
        response=MessageResponse,
        response_examples=(
            {"note_id": "note_…", "status": "running", "kind": None, "error_code": None, "error": None},
        ),
    ),
)
