"""The shapes that go in and out of a ticket's extraction. Free of Django."""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from access.fields import FreeText
from decisions.contract import Contract, Report, Response
from decisions.prompts import without_markers

# In characters, those of a text as `FreeText` counts them.
SHORTEST_TEXT, LONGEST_TEXT = 10, 4000
LONGEST_SUMMARY, LONGEST_QUOTE = 200, 200


class Category(StrEnum):
    BILLING = "billing"
    ACCOUNT = "account"
    ORDER = "order"
    SECURITY = "security"
    GENERAL = "general"


class Priority(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"

    @property
    def rank(self) -> int:
        """0 for the least urgent."""
        return list(Priority).index(self)


class Impact(StrEnum):
    """Whom the problem affects."""

    ONE = "one"
    SEVERAL = "several"
    EVERYONE = "everyone"


class Urgency(StrEnum):
    """What the affected can still do. Blocked: not at all and no way round, or losing money or data, or in danger."""

    CAN_WAIT = "can_wait"
    HAMPERED = "hampered"
    BLOCKED = "blocked"


class TicketReport(Report):
    """What a customer sends: the text of a support request."""

    text_field: ClassVar[str] = "text"
    # 4,000 characters of any script fit, as a form or as JSON, escaped or not.
    body_limit_bytes: ClassVar[int] = 64 * 1024

    text: Annotated[str, FreeText(shortest=SHORTEST_TEXT, longest=LONGEST_TEXT)]

    @property
    def shown_text(self) -> str:
        """Return the text as a model sees it, which quotes are compared with."""
        return without_markers("text", self.text)


Summary = Annotated[str, Field(min_length=1, max_length=LONGEST_SUMMARY)]


class AnswerV1(Contract):
    """What a model must return under `ticket_extract@1`."""

    category: Category
    priority: Priority
    summary: Summary


class AnswerV2(Contract):
    """What a model must return under `ticket_extract@2`: evidence first. The server computes the priority."""

    quotes: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=LONGEST_QUOTE)], ...], Field(min_length=1, max_length=3)
    ]
    impact: Impact
    urgency: Urgency
    instructs_reader: bool
    category: Category
    summary: Summary


class ClosedAnswerV1(Contract):
    """What the ledger keeps of an answer under `ticket_extract@1`: closed values only. The summary is text."""

    category: Category
    priority: Priority


class ClosedAnswerV2(Contract):
    """What the ledger keeps of an answer under `ticket_extract@2`. Quotes and summary are text and left out."""

    impact: Impact
    urgency: Urgency
    instructs_reader: bool
    category: Category


class ExtractedTicket(Contract):
    """What the check has let through: a ticket as it is kept and shown."""

    category: Category
    priority: Priority
    summary: Summary


class TicketResponse(Response):
    """What a program gets: always these five keys."""

    task_id: str
    status: Literal["running", "completed", "failed"]
    ticket: ExtractedTicket | None
    error_code: str | None
    error: str | None
