"""Eight reviewers of one trace at once: each review is stored, and a form that is sent twice is stored once."""

import pytest

from tests.ledger.test_races import THREADS, race
from tests.operators.reviewing import WRITTEN, needs_review, operator, page_of, signed_in
from traces.reviews import Review

ROUNDS = 5


@pytest.mark.django_db(transaction=True)
def test_eight_reviews_at_once_are_all_stored_in_one_order() -> None:
    page = page_of(needs_review())
    clients = [signed_in(operator(f"reviewer-{each}")) for each in range(THREADS)]

    def send(thread: int, number: int) -> bool:
        seen = str(number * THREADS)
        return clients[thread].post(page, WRITTEN | {"seen": seen, "note": f"Round {number}."}).status_code == 302

    winners = race(send, rounds=ROUNDS)

    rows = Review.objects.order_by("number").values_list("number", "note", "reviewer__username")
    numbers, notes, _ = zip(*rows, strict=True)
    assert [sorted(each) for each in winners] == [[*range(THREADS)]] * ROUNDS
    assert numbers == tuple(range(1, ROUNDS * THREADS + 1))
    assert notes == tuple(f"Round {number}." for number in range(ROUNDS) for _ in range(THREADS))
    assert len({(note, reviewer) for _, note, reviewer in rows}) == ROUNDS * THREADS


@pytest.mark.django_db(transaction=True)
def test_a_form_that_is_sent_eight_times_at_once_is_stored_once() -> None:
    page, user = page_of(needs_review()), operator()
    clients = [signed_in(user) for _ in range(THREADS)]

    race(
        lambda thread, number: clients[thread].post(page, WRITTEN | {"seen": str(number)}).status_code == 302, rounds=1
    )

    assert Review.objects.count() == 1
