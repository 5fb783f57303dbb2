"""A review: one row beside its trace, numbered, never changed, gone with its trace."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import User

from tests.ledger.reviewing import FINDING, NOT_REVIEWABLE, needs_review, operator, review
from tests.ledger.rows import LATER, insert
from traces.models import TraceRecord
from traces.review_queue import NotReviewable, ReviewedMeanwhile
from traces.reviews import PastReview, Review, ReviewOutcome, ReviewReason, reviews_of

pytestmark = pytest.mark.django_db


def test_reviews_are_listed_in_order_and_without_their_notes(trace: TraceRecord, ada: User) -> None:
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
def test_a_reviewer_who_has_not_seen_the_latest_review_is_refused(trace: TraceRecord, ada: User, seen: int) -> None:
    review(trace, by=ada)

    with pytest.raises(ReviewedMeanwhile):
        review(trace, by=operator("ben"), seen=seen)

    assert [each.reviewer for each in reviews_of(trace.pk)] == ["ada"]


def test_another_review_by_the_same_person_is_not_the_same(trace: TraceRecord, ada: User) -> None:
    review(trace, by=ada)

    with pytest.raises(ReviewedMeanwhile):
        review(trace, by=ada, finding=replace(FINDING, note="On second thoughts."))


def test_only_what_needs_a_review_is_reviewed(ada: User, subtests: pytest.Subtests) -> None:
    for name, row in NOT_REVIEWABLE.items():
        with subtests.test(name), pytest.raises(NotReviewable):
            review(insert(row), by=ada)

    assert not Review.objects.exists()


def test_the_name_of_a_review_is_its_number_and_trace(trace: TraceRecord, ada: User) -> None:
    assert str(review(trace, by=ada)) == f"review 1 of {trace.pk}"


def test_no_word_of_a_review_claims_that_something_was_done() -> None:
    said = " ".join([*ReviewOutcome.values, *ReviewOutcome.labels, *ReviewReason.values, *ReviewReason.labels]).lower()

    assert not {"approved", "rotated", "scheduled"} & set(said.replace(".", "").replace("_", " ").split())
