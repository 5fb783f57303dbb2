"""What a sender sends to ask a person, and what they read of it. It is read before any model is loaded."""

from datetime import datetime
from typing import Annotated, Literal

from access.fields import FreeText
from decisions.contract import Contract
from traces.entries import LONGEST_NOTE


class Question(Contract):
    """What a sender may add when they ask a person."""

    note: Annotated[str, FreeText(shortest=0, longest=LONGEST_NOTE)] = ""


class ReviewState(Contract):
    """What has become of a request for a review. `outcome` and `reason` are slugs of the latest review."""

    status: Literal["none", "requested", "reviewed"]
    outcome: str | None
    reason: str | None
    requested_at: datetime | None
    reviewed_at: datetime | None
