"""The question to a model, its reply, and what a protocol must do with them."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError

from boundary.servers import Server
from boundary.trouble import Trouble
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

    def system_for(self, server: Server) -> str:
        """Return the system part. A server that is given no schema reads it here, with the word that some ask for."""
        if server.answer_format == "json_schema":
            return self.system
        schema = json.dumps(self.schema)
        return f"{self.system}\nWrite one JSON object of this JSON schema, and nothing else:\n{schema}\n"

    def user_for(self, server: Server) -> str:
        """Return the user part, behind the system part if the server takes no other."""
        return f"{self.system_for(server)}\n{self.user}" if server.system_role == "user" else self.user


@dataclass(frozen=True)
class ProviderReply:
    """The answer's raw JSON text, still unchecked, and the cost of the call."""

    answer: str = field(repr=False)
    usage: Usage


@dataclass(frozen=True)
class Reading:
    """What a response says. The answer is empty if it is missing. Model and tokens may be anything."""

    answer: str = field(repr=False)
    is_cut_short: bool
    is_refused: bool
    error: Trouble | None
    model: object
    input_tokens: object
    output_tokens: object

    @property
    def trouble(self) -> Trouble | None:
        if self.error:
            return self.error
        code = "refused" if self.is_refused else "cut_short" if self.is_cut_short else "no_answer"
        return None if self.answer and code == "no_answer" else Trouble(HTTPStatus.OK, code)


@dataclass(frozen=True)
class Wire:
    """
    One of the protocols of OpenAI-compatible servers.

    `request_body` takes the question, the model's name, the limit of completion tokens, and what the server takes.
    `read` takes the body of a response and raises `pydantic.ValidationError` if it is not one of this protocol.
    """

    path: str
    request_body: Callable[[Question, str, int, Server], dict[str, Any]]
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
