"""A prompt: one version of the words that a model gets, and the answer it must give. Free of Django."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from decisions.contract import Contract, Facts, Report

ReportT = TypeVar("ReportT", bound=Report)
FactsT = TypeVar("FactsT", bound=Facts)
AnswerT_co = TypeVar("AnswerT_co", bound=Contract, covariant=True)


@dataclass(frozen=True)
class Prompt(Generic[ReportT, FactsT, AnswerT_co]):
    """
    One version. Changing a word needs a new version, because stored traces and evals name it.

    `system` and `user` write the two parts of the question. `answer` is the exact shape of an answer, `schema` is the
    JSON schema that the model's server enforces, and `closed_answer` holds the fields of an answer that the ledger
    keeps: closed values only, never text.
    """

    version: str
    system: Callable[[FactsT], str]
    user: Callable[[ReportT], str]
    answer: type[AnswerT_co]
    schema: Mapping[str, Any]
    closed_answer: type[Contract]

    @property
    def name(self) -> str:
        return self.version.partition("@")[0]


def without_markers(tag: str, text: str) -> str:
    """Break a text's own delimiters of this tag, and the chat markers that local servers turn into real roles."""
    return re.sub(rf"<(?=\||/?{tag})", "< ", text, flags=re.IGNORECASE)


def delimited(tag: str, text: str) -> str:
    """Put a customer's text between delimiters that it cannot end."""
    return f"<{tag}>\n{without_markers(tag, text)}\n</{tag}>"


def strict_object(**properties: Mapping[str, Any]) -> dict[str, Any]:
    """Keep to the subset of JSON Schema that hosted and local servers share. Pydantic enforces every bound."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
