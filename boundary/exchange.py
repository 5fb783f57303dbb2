"""What goes to a model and what comes back, and what a wire must be able to do with them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from pydantic import ValidationError

from traces.entries import Usage


@dataclass(frozen=True)
class Question:
    """One system part, one user part, and the strict JSON schema that the answer must have."""

    system: str = field(repr=False)
    user: str = field(repr=False)
    schema_name: str
    schema: Mapping[str, Any]


@dataclass(frozen=True)
class ProviderReply:
    """The answer's raw JSON text, which nobody has believed yet, and what the call cost."""

    answer: str = field(repr=False)
    usage: Usage


@dataclass(frozen=True)
class Wire:
    """One of the ways an OpenAI-compatible server is spoken to."""

    path: str
    request_body: "WriteRequest"
    read_reply: "ReadReply"


class WriteRequest(Protocol):
    def __call__(self, question: Question, *, model: str, max_completion_tokens: int) -> dict[str, Any]:
        """Put a question into the known fields of the wire, and no other."""


class ReadReply(Protocol):
    def __call__(self, body: bytes, *, asked_model: str, provider_ms: int) -> ProviderReply:
        """
        Find the answer's text in the envelope.

        :raises pydantic.ValidationError: the body is no envelope of this wire, or no JSON at all
        :raises boundary.failures.ProviderRefused: a refusal or a content filter
        :raises boundary.failures.ProviderError: the answer was cut short, or there is none
        """


def usage_of(
    *, asked_model: str, model: object, input_tokens: object, output_tokens: object, provider_ms: int
) -> Usage:
    """
    Take what a provider says of the call's cost as far as it has the ledger's shapes; the rest is not known.

    A model's name is taken only if it is the one that was asked for, perhaps with its snapshot: any other text of the
    provider's choice would be a way into the ledger.
    """
    same = isinstance(model, str) and _snapshots(asked_model).fullmatch(model)
    said = {"model": model if same else None, "input_tokens": input_tokens, "output_tokens": output_tokens}
    known = {name: value for name, value in said.items() if _fits(name, value)}
    return Usage.model_validate({**known, "provider_ms": provider_ms})


@cache
def _snapshots(model: str) -> re.Pattern[str]:
    return re.compile(re.escape(model) + r"(?:-[0-9][0-9-]{0,11}|:latest)?")


def _fits(name: str, value: object) -> bool:
    try:
        Usage.model_validate({name: value})
    except ValidationError:
        return False
    return True
