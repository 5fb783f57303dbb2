"""The chat-completions protocol: the request's body, and reading an answer from the response."""

from typing import Any

from pydantic import BaseModel, Field

from boundary.exchange import Question, Reading, Wire
from boundary.strict_json import parse_strict_json


class Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class Choice(BaseModel):
    message: Message
    finish_reason: str | None = None


class Completion(BaseModel):
    """The parts of the response that we read. All other fields are ignored."""

    choices: list[Choice] = Field(min_length=1)
    model: Any = None
    usage: dict[str, Any] | None = None


def request_body(question: Question, model: str, max_completion_tokens: int) -> dict[str, Any]:
    return {
        "model": model,
        "messages": [{"role": "system", "content": question.system}, {"role": "user", "content": question.user}],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": question.schema_name, "strict": True, "schema": question.schema},
        },
        "max_completion_tokens": max_completion_tokens,
        "store": False,
    }


def read(body: bytes) -> Reading:
    completion = parse_strict_json(body, Completion)
    choice, usage = completion.choices[0], completion.usage or {}
    return Reading(
        answer="" if choice.finish_reason == "length" else choice.message.content or "",
        is_refused=bool(choice.message.refusal) or choice.finish_reason == "content_filter",
        model=completion.model,
        input_tokens=usage.get("prompt_tokens"),
        output_tokens=usage.get("completion_tokens"),
    )


CHAT = Wire("/chat/completions", request_body, read)
