"""What goes to a model and what comes back, whatever the wire."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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


def usage_of(model: object, input_tokens: object, output_tokens: object, *, provider_ms: int) -> Usage:
    """Take what a provider says of the call's cost as far as it has the ledger's shapes; the rest is not known."""
    said = {"model": model, "input_tokens": input_tokens, "output_tokens": output_tokens}
    known = {name: value for name, value in said.items() if _fits(name, value)}
    return Usage.model_validate({**known, "provider_ms": provider_ms})


def _fits(name: str, value: object) -> bool:
    try:
        Usage.model_validate({name: value})
    except ValidationError:
        return False
    return True
