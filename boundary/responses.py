"""The Responses wire: what is sent, and how an answer is read from what came back."""

from typing import Any

from pydantic import BaseModel

from boundary.exchange import ProviderReply, Question, Wire, usage_of
from boundary.failures import ProviderError, ProviderRefused


class Part(BaseModel):
    type: str
    text: str | None = None
    refusal: str | None = None


class Item(BaseModel):
    """One step of the model; only its messages have parts to read."""

    type: str
    content: list[Part] | None = None


class Incomplete(BaseModel):
    reason: str | None = None


class Tokens(BaseModel):
    input_tokens: Any = None
    output_tokens: Any = None


class Response(BaseModel):
    """The parts of the envelope that are read; whatever else a server sends is left alone."""

    status: str
    output: list[Item]
    incomplete_details: Incomplete | None = None
    model: Any = None
    usage: Tokens | None = None


def request_body(question: Question, *, model: str, max_completion_tokens: int) -> dict[str, Any]:
    return {
        "model": model,
        "instructions": question.system,
        "input": [{"role": "user", "content": question.user}],
        "text": {
            "format": {
                "type": "json_schema",
                "name": question.schema_name,
                "strict": True,
                "schema": question.schema,
            }
        },
        "max_output_tokens": max_completion_tokens,
        "store": False,
    }


def read_reply(body: bytes, *, asked_model: str, provider_ms: int) -> ProviderReply:
    response = Response.model_validate_json(body)
    tokens = response.usage or Tokens()
    usage = usage_of(
        asked_model=asked_model,
        model=response.model,
        input_tokens=tokens.input_tokens,
        output_tokens=tokens.output_tokens,
        provider_ms=provider_ms,
    )
    parts = [part for item in response.output if item.type == "message" for part in item.content or ()]
    filtered = response.incomplete_details is not None and response.incomplete_details.reason == "content_filter"
    if filtered or any(part.type == "refusal" for part in parts):
        raise ProviderRefused(usage=usage)
    answer = "".join(part.text or "" for part in parts if part.type == "output_text")
    if response.status != "completed" or not answer:
        raise ProviderError(usage=usage)
    return ProviderReply(answer=answer, usage=usage)


RESPONSES = Wire("/responses", request_body, read_reply)
