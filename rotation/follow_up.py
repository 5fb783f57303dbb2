"""
What became of a key that was eligible, by its record as it is now: gone, disabled, replaced or still alive.

When it was eligible its record was active. So a record that is not active any more has changed since, whenever it was
observed; that it is still alive takes an observation after the decision.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import (
    Case,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, TruncDate

from decisions.workflow import FollowUp
from rotation.contract import CredentialState, Decision
from rotation.policy import P7

if TYPE_CHECKING:
    from traces.models import TraceRecord

DAY = Value(timedelta(days=1))
ALIVE = "still_alive"
OUTCOMES = {
    "no_record": "We hold no record of it any more.",
    "gone": "It is gone: the last full snapshot of its source does not name it.",
    "disabled": "It was disabled.",
    "rotated": "It was rotated: the record names a later key.",
    "changed": "It was changed or replaced: its source no longer tells the issue day.",
    "not_observed": "Its source has not been observed since.",
    ALIVE: "It is still alive: active, and the same key.",
}


def look(traces: "QuerySet[TraceRecord]") -> "QuerySet[Any]":
    """Compare the record with the facts in the old columns, which every row has until 0.4.0."""
    issued_at = TruncDate("started_at") - ExpressionWrapper(F("credential_age_days") * DAY, DurationField())
    traces = traces.alias(issued_at=ExpressionWrapper(issued_at, DateTimeField()))
    became = Case(
        When(gone=True, then=Value("gone")),
        When(state=CredentialState.DISABLED, then=Value("disabled")),
        When(Q(state=CredentialState.ROTATED) | Q(issued_on__gt=OuterRef("issued_at")), then=Value("rotated")),
        # A decision needs an issue day. Its source has said since that the key changed, but not how.
        When(issued_on_known=False, then=Value("changed")),
        When(observed_at__lte=OuterRef("started_at"), then=Value("not_observed")),
        default=Value(ALIVE),
    )
    model: Any = apps.get_model("rotation", "Credential")
    record = model.objects.filter(account_id=OuterRef("account_id"), item=OuterRef("credential_label"))
    return traces.annotate(
        became=Coalesce(Subquery(record.values_list(became)), Value("no_record")),
        observed_at=Subquery(record.values("observed_at")),
    )


FOLLOW_UP = FollowUp(
    decision=Decision.ELIGIBLE,
    look=look,
    outcomes=OUTCOMES,
    after_days=P7.window_days,
    unmoved=ALIVE,
    title=f"Eligible {P7.window_days} days ago, still alive",
)
