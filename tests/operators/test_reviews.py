"""A review: a numbered row beside its trace that is never changed, and is deleted with the trace."""

import re

import pytest
from django.contrib.auth.models import User

from decisions.registry import workflows
from decisions.workflow import ReviewWords
from operators.review_queue import NotReviewable
from tests.ledger.rows import LATER, insert
from tests.operators.reviewing import NOT_REVIEWABLE, needs_review, operator, review
from traces.models import TraceRecord
from traces.reviews import Review, reviews_of

pytestmark = pytest.mark.django_db


def test_a_trace_has_its_own_reviews_in_order(trace: TraceRecord, ada: User) -> None:
    other, ben = needs_review(), operator("ben")
    reviews = [review(trace, by=ada), review(trace, by=ben, seen=1, outcome="rotation_supported")]
    elsewhere = review(other, by=ada)

    assert list(reviews_of(trace.pk)) == reviews
    assert [(each.number, each.reviewer, each.reviewed_at, each.outcome) for each in reviews_of(trace.pk)] == [
        (1, ada, LATER, "cannot_tell"),
        (2, ben, LATER, "rotation_supported"),
    ]
    assert list(reviews_of(other.pk)) == [elsewhere]


def test_reviews_that_the_reviewer_has_not_seen_stop_no_other_one(trace: TraceRecord, ada: User) -> None:
    ben = operator("ben")

    for reviewer, note in ((ada, "First."), (ben, "First."), (ada, "On second thoughts."), (ada, "First.")):
        review(trace, by=reviewer, note=note)

    assert [(each.number, each.reviewer, each.note) for each in reviews_of(trace.pk)] == [
        (1, ada, "First."),
        (2, ben, "First."),
        (3, ada, "On second thoughts."),
    ]


def test_only_what_needs_a_review_is_reviewed(ada: User, subtests: pytest.Subtests) -> None:
    for name, row in NOT_REVIEWABLE.items():
        with subtests.test(name), pytest.raises(NotReviewable):
            review(insert(row), by=ada)

    assert not Review.objects.exists()


@pytest.mark.parametrize("words", [each.review for each in workflows() if each.review])
def test_no_word_of_a_review_claims_that_something_was_done(words: ReviewWords) -> None:
    texts = [*words.outcomes, *words.outcomes.values(), *words.reasons, *words.reasons.values()]

    assert not {"approved", "rotated", "scheduled"} & set(re.findall("[a-z]+", " ".join(texts).lower()))
