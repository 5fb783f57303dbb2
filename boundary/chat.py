"""The chat-completions protocol: the request's body, and reading an answer from the response."""

from typing import Any

from pydantic import BaseModel

from boundary.exchange import Question, Reading, Wire
from boundary.servers import Server
from boundary.strict_json import parse_strict_json
from boundary.trouble import trouble_in

# Why a model stopped, as far as it was not by itself. Any other reason, or none, is that of a whole answer.
CUT_SHORT = {"length", "max_tokens", "MAX_TOKENS", "model_length"}
FILTERED = {"content_filter", "content_filtered", "refusal", "safety", "SAFETY", "RECITATION", "PROHIBITED_CONTENT"}


class Part(BaseModel):
    type: str | None = None
    text: str | None = None


class Message(BaseModel):
    """Reasoning models of some servers answer in parts: first what they thought, then texts."""

    content: str | list[Part] | None = None
    refusal: str | None = None

    @property
    def answer(self) -> str:
        if isinstance(self.content, list):
            return "".join(part.text or "" for part in self.content if part.type == "text")
        return self.content or ""


class Choice(BaseModel):
    message: Message = Message()
    finish_reason: str | None = None
    error: Any = None


class Completion(BaseModel):
    """The parts of the response that we read. All other fields are ignored."""

    choices: list[Choice] | None = None
    error: Any = None
    promptFeedback: Any = None  # noqa: N815 - Gemini's name
    model: Any = None
    usage: Any = None


def request_body(question: Question, model: str, limit: int, server: Server) -> dict[str, Any]:
    body = {
        "model": model,
        "messages": _messages(question, server),
        server.limit_field: limit,
        "stream": False,
        "response_format": _answer_format(question, server),
        "store": False if server.store == "false" else None,
        "reasoning_effort": server.reasoning_effort,
        "temperature": server.temperature,
    }
    return {name: value for name, value in body.items() if value is not None}


def _messages(question: Question, server: Server) -> list[dict[str, str]]:
    user = {"role": "user", "content": question.user_for(server)}
    if server.system_role == "user":
        return [user]
    return [{"role": server.system_role, "content": question.system_for(server)}, user]


def _answer_format(question: Question, server: Server) -> dict[str, Any] | None:
    if server.answer_format == "prompt":
        return None
    if server.answer_format == "json_object":
        return {"type": "json_object"}
    if server.has_schema_as_value:
        return {"type": "json_object", "value": question.schema}
    schema = {"name": question.schema_name, "strict": True, "schema": question.schema}
    return {"type": "json_schema", "json_schema": schema}


def read(body: bytes) -> Reading:
    completion = parse_strict_json(body, Completion)
    choice = completion.choices[0] if completion.choices else Choice()
    usage = completion.usage if isinstance(completion.usage, dict) else {}
    is_blocked = not completion.choices and bool(completion.promptFeedback)
    return Reading(
        answer=choice.message.answer,
        is_cut_short=choice.finish_reason in CUT_SHORT,
        is_refused=bool(choice.message.refusal) or choice.finish_reason in FILTERED or is_blocked,
        error=trouble_in(choice.error or completion.error),
        model=completion.model,
        input_tokens=usage.get("prompt_tokens"),
        output_tokens=usage.get("completion_tokens"),
    )


CHAT = Wire("/chat/completions", request_body, read)
