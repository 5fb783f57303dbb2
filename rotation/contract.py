"""The shapes that go in and out of a rotation decision. Free of Django."""

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from access.fields import AccountId, FreeText
from decisions.contract import Contract, Facts, Report, Response
from decisions.prompts import without_markers

# In characters, as `FreeText` counts them.
SHORTEST_REPORT, LONGEST_REPORT = 10, 500
# A record has this day where its issue day is unknown, so that 0.2.0 finds it too old for any decision.
UNKNOWN_DAY = date.min


class Decision(StrEnum):
    ELIGIBLE = "eligible"
    NOT_ELIGIBLE = "not_eligible"
    NEEDS_REVIEW = "needs_review"


class CredentialKind(StrEnum):
    SERVICE_ACCOUNT_KEY = "service_account_key"
    USER_PASSWORD = "user_password"  # noqa: S105 - a kind of credential, not one
    API_TOKEN = "api_token"  # noqa: S105 - likewise
    CERTIFICATE = "certificate"
    OTHER = "other"


class CredentialState(StrEnum):
    ACTIVE = "active"
    DISABLED = "disabled"
    ROTATED = "rotated"


class Condition(StrEnum):
    """What a report says about its credential."""

    STALE = "stale"
    IN_USE = "in_use"
    ROTATED = "rotated"
    UNCLEAR = "unclear"
    INSTRUCTS_READER = "instructs_reader"


class RotationReport(Report):
    """What a customer sends: an account, a report on one of its credentials and, if it has several, which one."""

    text_field: ClassVar[str] = "credential_report"

    account_id: AccountId
    credential_report: Annotated[str, FreeText(shortest=SHORTEST_REPORT, longest=LONGEST_REPORT)]
    item: Annotated[str, FreeText(shortest=3, longest=80)] | None = None

    @property
    def asked_account(self) -> str:
        return self.account_id

    @property
    def identity(self) -> tuple[str | None, ...]:
        return (self.account_id, self.item, self.credential_report)

    @property
    def shown_text(self) -> str:
        """Return the text as a model sees it, which a quote is compared with."""
        return without_markers("report", self.credential_report)


class CredentialFacts(Facts):
    """
    What our own record says about the credential, and how old the record itself is.

    `age_days` is whole days from its issue to today in UTC, None where the issue day is unknown. `record_age_hours` is
    whole hours since our record was last observed, negative for an observation in the future. `fresh_hours` is the
    bound that it was judged by, None for no bound. Rows under policy@1 have neither.
    """

    label: Annotated[str, Field(max_length=80)]
    kind: CredentialKind
    state: CredentialState
    age_days: int | None
    record_age_hours: int | None = None
    fresh_hours: int | None = None


class AnswerV1(Contract):
    """What a model must return under `rotation_decision@1`."""

    decision: Decision
    rotation_window_days: Annotated[int, Field(ge=0, le=90)]
    source_line_ids: Annotated[tuple[str, ...], Field(min_length=1, max_length=10)]


class AnswerV2(AnswerV1):
    """What a model must return under `rotation_decision@2`: evidence first, then the decision."""

    evidence_quote: Annotated[str, Field(min_length=1, max_length=200)] | None
    credential_kind: CredentialKind
    condition: Condition


class ClosedAnswerV1(Contract):
    """What the ledger keeps of an answer under `rotation_decision@1`: closed values only."""

    decision: Decision
    rotation_window_days: int
    cites_policy: bool
    cites_other: bool


class ClosedAnswerV2(ClosedAnswerV1):
    """What the ledger keeps of an answer under `rotation_decision@2`. The quote is text, so it is left out."""

    credential_kind: CredentialKind
    condition: Condition


class DecisionResponse(Response):
    """What a program gets: always these six keys."""

    trace_id: str
    status: Literal["running", "completed", "failed"]
    decision: str | None
    source_line_ids: tuple[str, ...]
    error_code: str | None
    error: str | None
