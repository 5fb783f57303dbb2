"""
A person's review of a decision: a row of its own beside the trace, never changed, deleted with its trace.

The database refuses any update of a review (traces.guard). The reviewer is protected, not blanked: whoever has reviewed
is switched off, not deleted, or the row could not say who it was.
"""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Max, Q, TextChoices, UniqueConstraint

LONGEST_NOTE = 500


class ReviewOutcome(TextChoices):
    """What the reviewer found. No outcome makes, approves or schedules anything."""

    ROTATION_SUPPORTED = "rotation_supported", "The policy line supports a rotation. None was made by this review."
    ROTATION_NOT_SUPPORTED = "rotation_not_supported", "The policy line does not support a rotation."
    CANNOT_TELL = "cannot_tell", "It cannot be told from what is known."


class ReviewReason(TextChoices):
    """What the outcome rests on."""

    CONFIRMED_BY_OWNER = "confirmed_by_owner", "The account's owner confirmed what was reported."
    RECORD_SUPPORTS_IT = "record_supports_it", "Our record of the credential supports it."
    RECORD_IS_WRONG = "record_is_wrong", "Our record of the credential is wrong or out of date."
    OUTSIDE_WINDOW = "outside_window", "The credential is outside the policy line's window."
    NOT_COVERED = "not_covered", "The policy line does not cover this kind or state of credential."
    NOT_STALE = "not_stale", "The credential is not stale."
    AMBIGUOUS = "ambiguous", "What is known can be read in more than one way."
    INSTRUCTS_READER = "instructs_reader", "The report tried to instruct its reader."
    OTHER = "other", "Another reason, which the note tells."


class Review(models.Model):
    """One review of one trace; `number` counts the reviews of a trace from 1. The note stays out of every trace."""

    trace = models.ForeignKey("traces.TraceRecord", models.CASCADE, related_name="reviews", db_index=False)
    number = models.PositiveSmallIntegerField()
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField()
    outcome = models.CharField(max_length=24, choices=ReviewOutcome)
    reason = models.CharField(max_length=24, choices=ReviewReason)
    note = models.CharField(max_length=LONGEST_NOTE, blank=True)

    class Meta:
        constraints = [
            # Its index finds the reviews of a trace, too.
            UniqueConstraint(fields=["trace", "number"], name="traces_reviews_are_numbered"),
            CheckConstraint(name="traces_review_counts_from_one", condition=Q(number__gte=1)),
            CheckConstraint(name="traces_review_outcome_is_known", condition=Q(outcome__in=ReviewOutcome.values)),
            CheckConstraint(name="traces_review_reason_is_known", condition=Q(reason__in=ReviewReason.values)),
        ]

    def __str__(self) -> str:
        return f"review {self.number} of {self.trace_id}"


@dataclass(frozen=True)
class PastReview:
    """A review as the story of its trace tells it: without the note."""

    number: int
    reviewed_at: datetime
    reviewer: str
    outcome: ReviewOutcome
    reason: ReviewReason


def reviews_of(trace_id: str) -> tuple[PastReview, ...]:
    """Tell the reviews of a trace, the first one first."""
    return tuple(
        PastReview(
            number=review.number,
            reviewed_at=review.reviewed_at,
            reviewer=review.reviewer.get_username(),
            outcome=ReviewOutcome(review.outcome),
            reason=ReviewReason(review.reason),
        )
        for review in Review.objects.filter(trace_id=trace_id).select_related("reviewer").order_by("number")
    )


def last_number(trace_id: str) -> int:
    """Return the number of the latest review of a trace, 0 without any."""
    return Review.objects.filter(trace_id=trace_id).aggregate(last=Max("number"))["last"] or 0
