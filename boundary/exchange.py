"""The question to a model, its reply, and what a protocol must do with them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import ValidationError

from traces.entries import Usage


@dataclass(frozen=True)
class Question:
    """
    One system part, one user part, and the strict JSON schema that the answer must have.

    `max_completion_tokens` bounds the answer; without it the client's own limit does.
    """

    system: str = field(repr=False)
    user: str = field(repr=False)
    schema_name: str
    schema: Mapping[str, Any]
    max_completion_tokens: int | None = None


@dataclass(frozen=True)
class ProviderReply:
    """The answer's raw JSON text, still unchecked, and the cost of the call."""

    answer: str = field(repr=False)
    usage: Usage


@dataclass(frozen=True)
class Reading:
    """What a response says. The answer is empty if it was cut short or is missing. Model and tokens may be anything."""

    answer: str = field(repr=False)
    is_refused: bool
    model: object
    input_tokens: object
    output_tokens: object


@dataclass(frozen=True)
class Wire:
    """
    One of the protocols of OpenAI-compatible servers.

    `request_body` takes the question, the model's name and the limit of completion tokens. `read` takes the body of a
    response and raises `pydantic.ValidationError` if it is not one of this protocol.
    """

    path: str
    request_body: Callable[[Question, str, int], dict[str, Any]]
    read: Callable[[bytes], Reading]


def usage_of(reading: Reading, *, asked_model: str, provider_ms: int) -> Usage:
    """
    Keep the parts of a reported cost that have the ledger's shapes. The rest counts as unknown.

    The model's name is kept only if it is the one that was asked for, with or without a snapshot. Any other name is a
    text of the provider's choice, which must not get into the ledger.
    """
    same = isinstance(reading.model, str) and _model_pattern(asked_model).fullmatch(reading.model)
    tokens = {"input_tokens": reading.input_tokens, "output_tokens": reading.output_tokens}
    reported = {"model": reading.model if same else None, **tokens}
    known = {name: value for name, value in reported.items() if _is_valid(name, value)}
    return Usage.model_validate({**known, "provider_ms": provider_ms})


@cache
def _model_pattern(model: str) -> re.Pattern[str]:
    return re.compile(re.escape(model) + r"(?:-[0-9][0-9-]{0,11}|:latest)?")


def _is_valid(name: str, value: object) -> bool:
    try:
        Usage.model_validate({name: value})
    except ValidationError:
        return False
    return True
