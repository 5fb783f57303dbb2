"""
A person's review of a decision: a row of its own beside the trace, never changed, deleted with its trace.

The database refuses any update of a review (traces.guard). A user who has reviewed cannot be deleted, only deactivated,
so that the row always names its reviewer.
"""

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Max, Q, QuerySet, UniqueConstraint

from traces.entries import LONGEST_NOTE


class Review(models.Model):
    """One review of one trace; `number` counts the reviews of a trace from 1. The note stays out of every trace."""

    trace = models.ForeignKey("traces.TraceRecord", models.CASCADE, related_name="reviews", db_index=False)
    number = models.PositiveSmallIntegerField()
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField()
    outcome = models.CharField(max_length=24)
    reason = models.CharField(max_length=24)
    note = models.CharField(max_length=LONGEST_NOTE, blank=True)

    class Meta:
        constraints = [
            # Its index also finds the reviews of a trace.
            UniqueConstraint(fields=["trace", "number"], name="traces_reviews_are_numbered"),
            CheckConstraint(name="traces_review_counts_from_one", condition=Q(number__gte=1)),
            CheckConstraint(name="traces_review_has_an_outcome_and_a_reason", condition=~Q(outcome="") & ~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"review {self.number} of {self.trace_id}"


def reviews_of(trace_id: str) -> QuerySet[Review]:
    """Return the reviews of a trace, oldest first."""
    return Review.objects.filter(trace=trace_id).select_related("reviewer", "trace").order_by("number")


def last_number(trace_id: str) -> int:
    """Return the number of the latest review of a trace, 0 if there is none."""
    return Review.objects.filter(trace=trace_id).aggregate(last=Max("number"))["last"] or 0
