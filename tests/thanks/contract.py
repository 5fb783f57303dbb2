"""What is sent, answered and kept. Free of Django."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from access.fields import FreeText
from decisions.contract import Contract, Report, Response


class Message(Report):
    text_field: ClassVar[str] = "message"
    message: Annotated[str, FreeText(shortest=10, longest=200)]


class ClosedAnswer(Contract):
    kind: Literal["thanks", "other"]


class Answer(ClosedAnswer):
    quote: Annotated[str, Field(min_length=1, max_length=200)]


class MessageResponse(Response):
    note_id: str
    status: str
    kind: str | None
    error_code: str | None
    error: str | None
