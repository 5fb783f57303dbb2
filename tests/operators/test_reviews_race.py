"""Eight reviewers of one trace at the same moment: one review is stored, and the other seven learn that."""

import pytest

from tests.ledger.test_races import THREADS, race
from tests.operators.reviewing import WRITTEN, needs_review, operator, page_of, signed_in
from traces.reviews import Review

ROUNDS = 10


@pytest.mark.django_db(transaction=True)
def test_of_eight_reviews_at_once_one_is_stored_and_seven_get_409() -> None:
    page = page_of(needs_review())
    clients = [signed_in(operator(f"reviewer-{each}")) for each in range(THREADS)]
    statuses: list[int] = []

    def send(thread: int, number: int) -> bool:
        answer = clients[thread].post(page, WRITTEN | {"seen": str(number)})
        statuses.append(answer.status_code)
        return answer.status_code == 302

    winners = race(send, rounds=ROUNDS)

    stored = Review.objects.order_by("number").values_list("number", "reviewer__username")
    assert list(stored) == [(number, f"reviewer-{thread}") for number, (thread,) in enumerate(winners, start=1)]
    assert sorted(statuses) == [302] * ROUNDS + [409] * ROUNDS * (THREADS - 1)
