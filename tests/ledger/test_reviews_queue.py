"""The queue: what was decided as `needs_review` for a customer and has no review yet."""

import pytest
from django.test import Client

from tests.ledger.reviewing import NOT_REVIEWABLE, needs_review, operator, review
from tests.ledger.rows import insert
from traces.models import TraceRecord
from traces.review_queue import waiting

pytestmark = pytest.mark.django_db

LIST = "/admin/traces/tracerecord/"


@pytest.fixture(autouse=True)
def others() -> list[TraceRecord]:
    """Traces that nobody has to review."""
    return [insert(row) for row in NOT_REVIEWABLE.values()]


def listed(client: Client, **filters: str) -> set[str]:
    return {trace.pk for trace in client.get(LIST, filters).context["cl"].result_list}


def test_the_queue_lists_traces_that_wait_for_a_review(admin_client: Client) -> None:
    first, second, done = needs_review(), needs_review(source="web"), needs_review()
    review(done, by=operator())

    assert listed(admin_client, review="waiting") == {first.pk, second.pk}


def test_the_list_offers_the_queue(admin_client: Client) -> None:
    page = admin_client.get(LIST).content.decode()

    assert "?review=waiting" in page
    assert "Waiting for review" in page


def test_an_unknown_queue_is_ignored(admin_client: Client) -> None:
    assert [admin_client.get(LIST, {"review": unknown}).status_code for unknown in ("", "later")] == [200, 200]


def test_a_review_takes_its_trace_out_of_the_queue() -> None:
    trace = needs_review()
    before = list(waiting(TraceRecord.objects.all()))

    review(trace, by=operator())

    assert before == [trace]
    assert list(waiting(TraceRecord.objects.all())) == []
