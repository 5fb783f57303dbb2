"""The queue: customers' requests whose decision asks for a review and that have none yet."""

import pytest
from django.test import Client

from operators.review_queue import waiting
from tests.ledger.rows import insert
from tests.operators.operators_list import LIST, link, listed
from tests.operators.reviewing import NOT_REVIEWABLE, needs_review, operator, review
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def others() -> list[TraceRecord]:
    """Insert traces that nobody has to review."""
    return [insert(row) for row in NOT_REVIEWABLE.values()]


def test_the_queue_lists_what_waits_for_a_review(admin_client: Client) -> None:
    first, second, done = needs_review(), needs_review(source="web"), needs_review()
    assert set(waiting(TraceRecord.objects.all())) == {first, second, done}

    review(done, by=operator())

    assert set(waiting(TraceRecord.objects.all())) == {first, second}
    assert set(listed(admin_client, {"review": "waiting"})) == {first.pk, second.pk}


def test_the_list_offers_the_queue_and_ignores_an_unknown_one(admin_client: Client) -> None:
    assert link(admin_client, "Not reviewed yet") == "?review=waiting"
    assert [admin_client.get(LIST, {"review": unknown}).status_code for unknown in ("", "later")] == [200, 200]
