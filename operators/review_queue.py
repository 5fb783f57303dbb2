"""
Which traces wait for a review by a person, and how a review is stored.

The form carries the number of the latest review that the reviewer has seen, so that they learn of others that were
stored meanwhile.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse

from decisions.registry import workflows
from decisions.reviews import review_words
from traces.codes import Source
from traces.models import TraceRecord
from traces.review_requests import ReviewRequest
from traces.reviews import Review, last_number

MOST_COUNTED = 100


class NotReviewable(Exception):
    """Only what a sender may ask a person about can be reviewed."""


def queue_address() -> str:
    return reverse("admin:traces_reviewrequest_changelist")


def requests_waiting() -> tuple[int, datetime | None]:
    """Return how many senders wait for a person, MOST_COUNTED at most, and since when the first of them waits."""
    oldest = list(asked(ReviewRequest.objects.all()).values_list("requested_at", flat=True)[:MOST_COUNTED])
    return len(oldest), min(oldest, default=None)


def asked(requests: QuerySet[ReviewRequest]) -> QuerySet[Any]:
    """Keep the requests without a review, oldest first. `submitter` is who asked."""
    # 0.2.0 deletes a trace and leaves its request.
    submitter = Subquery(TraceRecord.objects.filter(pk=OuterRef("pk")).values("submitter"))
    reviewed = Exists(Review.objects.filter(trace=OuterRef("pk")))
    names = [workflow.name for workflow in workflows() if workflow.review]
    waiting = requests.annotate(submitter=submitter).filter(~reviewed, workflow__in=names, submitter__isnull=False)
    return waiting.order_by("requested_at", "trace_id")


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
) -> tuple[Review, bool]:
    """
    Append one review to those of a trace; the trace stays as it is. Return it, and whether it is new.

    A review that the same reviewer sends twice is stored once: it is among those after the `seen` ones.

    :raises TraceRecord.DoesNotExist: it was deleted, with its reviews
    :raises NotReviewable:
    """
    row = {"trace_id": trace_id, "reviewer_id": reviewer_id, "outcome": outcome, "reason": reason, "note": note}
    with transaction.atomic(durable=True):
        # One reviewer of a trace at a time: PostgreSQL locks the row, on SQLite the transaction locks the database.
        if review_words(TraceRecord.objects.select_for_update(no_key=True).get(pk=trace_id)) is None:
            raise NotReviewable
        if stored := Review.objects.filter(**row, number__gt=seen).first():
            return stored, False
        return Review.objects.create(**row, number=last_number(trace_id) + 1, reviewed_at=at), True
