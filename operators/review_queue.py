"""
Which traces wait for a review by a person, and how a review is stored.

The form carries the number of the latest review that the reviewer has seen. If there are others by then, nothing is
stored: the reviewer has to read those first.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from decisions.registry import find_workflow, workflows
from decisions.workflow import ReviewWords
from traces.codes import Source, Status
from traces.models import TraceRecord
from traces.reviews import Review, last_number


class NotReviewable(Exception):
    """Only a customer's request that ended in its workflow's reviewable decision can be reviewed."""


class ReviewedMeanwhile(Exception):
    """The trace has other reviews than the reviewer has seen; nothing was stored."""


def review_words(trace: TraceRecord) -> ReviewWords | None:
    """Return the words of a trace that can be reviewed, None for any other trace."""
    workflow = find_workflow(trace.workflow)
    words = workflow.review if workflow else None
    if words is None or trace.source == Source.EVAL or trace.status != Status.COMPLETED:
        return None
    return words if trace.decision == words.reviewable else None


def waiting(traces: QuerySet[TraceRecord]) -> QuerySet[TraceRecord]:
    """Keep the traces that can be reviewed and have no review yet."""
    reviews = Review.objects.filter(trace=OuterRef("pk"))
    reviewable, decisions = Q(pk__in=[]), set()
    for workflow in workflows():
        if workflow.review:
            reviewable |= Q(workflow=workflow.name, decision=workflow.review.reviewable)
            decisions.add(workflow.review.reviewable)
    # The decisions are named again, so that SQLite finds the rows by them. By their workflow it would read many more.
    return traces.filter(reviewable, ~Exists(reviews), decision__in=decisions).exclude(source=Source.EVAL)


def add_review(
    trace_id: str, *, seen: int, outcome: str, reason: str, note: str, reviewer_id: int, at: datetime
) -> Review:
    """
    Append one review after the `seen` earlier ones; the trace stays as it is.

    A review that is sent twice is stored once, and returned both times.

    :raises TraceRecord.DoesNotExist: it was deleted, with its reviews
    :raises NotReviewable:
    :raises ReviewedMeanwhile:
    """
    finding = {"outcome": outcome, "reason": reason, "note": note}
    row = {"trace_id": trace_id, "number": seen + 1, "reviewer_id": reviewer_id, **finding}
    with transaction.atomic(durable=True):
        # One reviewer of a trace at a time: PostgreSQL locks the row, on SQLite the transaction locks the database.
        if review_words(TraceRecord.objects.select_for_update(no_key=True).get(pk=trace_id)) is None:
            raise NotReviewable
        if last_number(trace_id) == seen:
            return Review.objects.create(**row, reviewed_at=at)
        stored = Review.objects.filter(**row).first()
    if stored is None:
        raise ReviewedMeanwhile
    return stored
