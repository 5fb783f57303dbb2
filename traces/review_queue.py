"""
Which traces wait for a person's review, and how one is written.

A reviewer says how many reviews they have seen. If there are others by then nothing is written, so that nobody answers
to what they have not read.
"""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from traces.codes import Source, Status
from traces.models import TraceRecord
from traces.reviews import Review, ReviewOutcome, ReviewReason, last_number

# The decision by which any workflow hands a request to a person.
NEEDS_REVIEW = "needs_review"


class NotReviewable(Exception):
    """Only what was decided as `needs_review` for a customer is reviewed; evals know their right answers."""


class ReviewedMeanwhile(Exception):
    """The trace has other reviews than the reviewer has seen; nothing was written."""


@dataclass(frozen=True)
class Finding:
    """What a reviewer says."""

    outcome: ReviewOutcome
    reason: ReviewReason
    note: str


def is_reviewable(trace: TraceRecord) -> bool:
    return trace.status == Status.COMPLETED and trace.decision == NEEDS_REVIEW and trace.source != Source.EVAL


def waiting(traces: QuerySet[TraceRecord]) -> QuerySet[TraceRecord]:
    """Keep those that can be reviewed and have no review yet."""
    reviews = Review.objects.filter(trace=OuterRef("pk"))
    return traces.filter(~Exists(reviews), decision=NEEDS_REVIEW).exclude(source=Source.EVAL)


def add_review(trace_id: str, finding: Finding, *, seen: int, reviewer_id: int, at: datetime) -> Review:
    """
    Append one review after the `seen` earlier ones; the trace stays as it is.

    A review that is sent twice is stored once, and returned both times.

    :raises TraceRecord.DoesNotExist: it is gone, with its reviews
    :raises NotReviewable:
    :raises ReviewedMeanwhile:
    """
    said = {"trace_id": trace_id, "number": seen + 1, "reviewer_id": reviewer_id, **asdict(finding)}
    with transaction.atomic(durable=True):
        # One reviewer of this trace at a time: PostgreSQL locks the row, SQLite is locked by the transaction itself.
        if not is_reviewable(TraceRecord.objects.select_for_update(no_key=True).get(pk=trace_id)):
            raise NotReviewable
        if last_number(trace_id) == seen:
            return Review.objects.create(**said, reviewed_at=at)
        stored = Review.objects.filter(**said).first()
    if stored is None:
        raise ReviewedMeanwhile
    return stored
