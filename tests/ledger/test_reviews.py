"""A review: one row beside its trace, numbered, never changed, gone with its trace."""

from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.ledger.reviewing import FINDING, needs_review, operator, review
from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW, LATER, RUNNING_ROW, insert, stored
from traces.models import TraceRecord
from traces.review_queue import NotReviewable, ReviewedMeanwhile
from traces.reviews import PastReview, Review, ReviewOutcome, ReviewReason, reviews_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return operator("ada")


@pytest.fixture
def trace() -> TraceRecord:
    return needs_review()


def test_a_review_is_stored_beside_its_trace(trace: TraceRecord, ada: User) -> None:
    before = stored(trace)

    review(trace, by=ada)

    [row] = Review.objects.values()
    said = {"outcome": "cannot_tell", "reason": "ambiguous", "note": FINDING.note}
    assert (
        row.items() >= ({"trace_id": trace.pk, "number": 1, "reviewer_id": ada.pk, "reviewed_at": LATER} | said).items()
    )
    assert stored(trace) == before


def test_the_story_tells_the_reviews_in_order_and_without_their_notes(trace: TraceRecord, ada: User) -> None:
    review(trace, by=ada)
    review(trace, by=operator("ben"), seen=1, finding=replace(FINDING, outcome=ReviewOutcome.ROTATION_SUPPORTED))

    told = reviews_of(trace.pk)

    first = PastReview(1, LATER, "ada", ReviewOutcome.CANNOT_TELL, ReviewReason.AMBIGUOUS)
    assert told == (first, PastReview(2, LATER, "ben", ReviewOutcome.ROTATION_SUPPORTED, ReviewReason.AMBIGUOUS))
    assert FINDING.note not in repr(told)


def test_another_trace_has_its_own_reviews(trace: TraceRecord, ada: User) -> None:
    review(trace, by=ada)

    assert reviews_of(needs_review().pk) == ()


@pytest.mark.parametrize("seen", [0, 2], ids=["one less", "one that is not there"])
def test_who_has_seen_other_reviews_than_there_are_writes_nothing(trace: TraceRecord, ada: User, seen: int) -> None:
    review(trace, by=ada)

    with pytest.raises(ReviewedMeanwhile):
        review(trace, by=operator("ben"), seen=seen)

    assert [each.reviewer for each in reviews_of(trace.pk)] == ["ada"]


def test_a_review_sent_twice_is_stored_once(trace: TraceRecord, ada: User) -> None:
    first, second = review(trace, by=ada), review(trace, by=ada)

    assert first == second
    assert Review.objects.count() == 1


def test_another_review_by_the_same_person_is_not_the_same(trace: TraceRecord, ada: User) -> None:
    review(trace, by=ada)

    with pytest.raises(ReviewedMeanwhile):
        review(trace, by=ada, finding=replace(FINDING, note="On second thoughts."))


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(RUNNING_ROW, id="running"),
        pytest.param(FAILED_ROW, id="failed"),
        pytest.param(COMPLETED_ROW, id="eligible"),
        pytest.param(COMPLETED_ROW | {"decision": "needs_review", "source": "eval"}, id="from an eval"),
    ],
)
def test_only_what_needs_a_review_is_reviewed(row: dict[str, Any], ada: User) -> None:
    trace = insert(row)

    with pytest.raises(NotReviewable):
        review(trace, by=ada)

    assert not Review.objects.exists()


def test_a_trace_that_is_gone_cannot_be_reviewed(trace: TraceRecord, ada: User) -> None:
    TraceRecord.objects.all().delete()

    with pytest.raises(TraceRecord.DoesNotExist):
        review(TraceRecord(pk=trace.trace_id), by=ada)


def test_a_review_is_named_by_its_number_and_trace(trace: TraceRecord, ada: User) -> None:
    assert str(review(trace, by=ada)) == f"review 1 of {trace.pk}"


def test_no_word_of_a_review_claims_that_something_was_done() -> None:
    said = " ".join([*ReviewOutcome.values, *ReviewOutcome.labels, *ReviewReason.values, *ReviewReason.labels]).lower()

    assert not {"approved", "rotated", "scheduled"} & set(said.replace(".", "").replace("_", " ").split())
