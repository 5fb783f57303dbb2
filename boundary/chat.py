"""The chat-completions wire: what is sent, and how an answer is read from what came back."""

from typing import Any

from pydantic import BaseModel, Field

from boundary.exchange import ProviderReply, Question, Wire, usage_of
from boundary.failures import ProviderError, ProviderRefused


class Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class Choice(BaseModel):
    message: Message
    finish_reason: str | None = None


class Tokens(BaseModel):
    prompt_tokens: Any = None
    completion_tokens: Any = None


class Completion(BaseModel):
    """The parts of the envelope that are read; whatever else a server sends is left alone."""

    choices: list[Choice] = Field(min_length=1)
    model: Any = None
    usage: Tokens | None = None


def request_body(question: Question, *, model: str, max_completion_tokens: int) -> dict[str, Any]:
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


def read_reply(body: bytes, *, asked_model: str, provider_ms: int) -> ProviderReply:
    completion = Completion.model_validate_json(body)
    tokens = completion.usage or Tokens()
    usage = usage_of(
        asked_model=asked_model,
        model=completion.model,
        input_tokens=tokens.prompt_tokens,
        output_tokens=tokens.completion_tokens,
        provider_ms=provider_ms,
    )
    choice = completion.choices[0]
    if choice.message.refusal or choice.finish_reason == "content_filter":
        raise ProviderRefused(usage=usage)
    if choice.finish_reason == "length" or not choice.message.content:
        raise ProviderError(usage=usage)
    return ProviderReply(answer=choice.message.content, usage=usage)


CHAT = Wire("/chat/completions", request_body, read_reply)
