"""The shapes that go in and out of a rotation decision. Free of Django."""

import re
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from access.fields import AccountId, FreeText

# In characters, line ends counted as one and the ends stripped.
SHORTEST_REPORT, LONGEST_REPORT = 10, 500


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
    """What a report says of the credential it is about."""

    STALE = "stale"
    IN_USE = "in_use"
    ROTATED = "rotated"
    UNCLEAR = "unclear"
    INSTRUCTS_READER = "instructs_reader"


class Contract(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class RotationReport(Contract):
    """What a customer sends: an account, a report on one of its credentials and, if it has several, which one."""

    account_id: AccountId
    credential_report: Annotated[FreeText, Field(min_length=SHORTEST_REPORT, max_length=LONGEST_REPORT)]
    item: Annotated[FreeText, Field(min_length=3, max_length=80)] | None = None

    @property
    def shown_text(self) -> str:
        """
        The text as a model sees it.

        Its own delimiters are broken, and the chat markers that local servers turn into real roles.
        """
        return re.sub(r"<(?=\||/?report)", "< ", self.credential_report, flags=re.IGNORECASE)


class CredentialFacts(Contract):
    """What our own record says of the credential; `age_days` is whole days from its issue to today in UTC."""

    label: str
    kind: CredentialKind
    state: CredentialState
    age_days: int


class AnswerV1(Contract):
    """What a model must return under `rotation_decision@1`."""

    decision: Decision
    rotation_window_days: Annotated[int, Field(ge=0, le=90)]
    source_line_ids: Annotated[tuple[str, ...], Field(min_length=1, max_length=10)]


class AnswerV2(AnswerV1):
    """What a model must return under `rotation_decision@2`: what it read comes before what it decides."""

    evidence_quote: Annotated[str, Field(min_length=1, max_length=200)] | None
    credential_kind: CredentialKind
    condition: Condition


ANSWER_SHAPES: dict[str, type[AnswerV1]] = {"rotation_decision@1": AnswerV1, "rotation_decision@2": AnswerV2}


class DecisionResponse(Contract):
    """What a browser or client gets: always these six keys."""

    trace_id: str
    status: Literal["running", "completed", "failed"]
    decision: str | None
    source_line_ids: tuple[str, ...]
    error_code: str | None
    error: str | None
