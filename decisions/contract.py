"""The shapes that every workflow shares. Free of Django."""

from collections.abc import Mapping
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict

# The fields of an answer that the ledger keeps.
ClosedFields = dict[str, str | int | bool | None]


class Contract(BaseModel):
    """A frozen, strict shape. Its errors never repeat the input."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Report(Contract):
    """What a customer sends. A workflow names the field that holds the customer's text."""

    text_field: ClassVar[str]
    # 16 KiB holds 500 characters of any script, escaped or not, as JSON or as a form.
    body_limit_bytes: ClassVar[int] = 16 * 1024

    @classmethod
    def __pydantic_init_subclass__(cls, **_options: object) -> None:
        """:raises TypeError: a field would hide a property of this class"""
        if taken := {"sent_text", "asked_account", "identity"} & cls.model_fields.keys():
            raise TypeError(f"{cls.__name__}: no field of a report may be called {', '.join(sorted(taken))}")

    @classmethod
    def from_texts(cls, texts: Mapping[str, str]) -> Self:
        """
        Validate the fields of a form or of a line. An optional field that is empty counts as absent.

        :raises pydantic.ValidationError:
        """
        typed = {name: text.strip() for name, text in texts.items()}
        given = {name: text for name, text in typed.items() if text or cls.model_fields[name].is_required()}
        return cls.model_validate(given)

    @property
    def sent_text(self) -> str:
        return str(getattr(self, self.text_field))

    @property
    def asked_account(self) -> str | None:
        """Return the account that this report is about, None where the workflow has no accounts."""
        return None

    @property
    def identity(self) -> tuple[str | None, ...]:
        """Return what makes two submissions the same. The order must never change: stored digests depend on it."""
        return tuple(getattr(self, name) for name in type(self).model_fields)


class Facts(Contract):
    """The trusted facts by which a report is judged: closed values, and at most a label of 80 characters."""


class NoFacts(Facts):
    """The facts of a workflow that has no trusted records."""


class Response(Contract):
    """The JSON of every 200, with the same keys in every state."""
