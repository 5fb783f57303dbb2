"""The attempts at a request: the page and the command show earlier and later ones."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django.asserts import assertContains

from operators.story import MOST_ATTEMPTS, page_address
from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW, NOW, RUNNING_ROW, insert
from tests.operators.stories import facts, facts_on_page, sections
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db

ABSENT = "trace_" + "7" * 26


@pytest.fixture
def family() -> list[TraceRecord]:
    """Return a failed request, its two retries, and a retry of the second one."""
    first = insert(FAILED_ROW)
    retry = insert(FAILED_ROW | {"retry_of": first.pk, "started_at": NOW + timedelta(minutes=1)})
    again = insert(FAILED_ROW | {"retry_of": first.pk, "started_at": NOW + timedelta(minutes=2)})
    last = insert(COMPLETED_ROW | {"retry_of": again.pk, "started_at": NOW + timedelta(minutes=3)})
    return [first, retry, again, last]


def attempts(trace: TraceRecord) -> list[tuple[str, str]]:
    return [
        (label, value[:32]) for label, value in sections(trace)["Other traces"] if label in {"Retry of", "Retried as"}
    ]


def test_the_story_names_earlier_and_later_attempts(family: list[TraceRecord]) -> None:
    first, retry, again, last = (each.pk for each in family)

    assert attempts(family[0]) == [("Retried as", retry), ("Retried as", again), ("Retried as", last)]
    assert attempts(family[2]) == [("Retry of", first), ("Retried as", last)]
    assert attempts(family[3]) == [("Retry of", again), ("Retry of", first)]
    assert facts(family[3])["Retry of"] == f"{first}: provider_timeout, 2026-03-01 12:00:00 UTC"


def test_a_retried_trace_that_was_deleted_is_named() -> None:
    assert facts(insert(FAILED_ROW | {"retry_of": ABSENT}))["Retry of"] == f"{ABSENT}, which is not kept any more"


def test_rows_that_retry_each_other_are_named_once() -> None:
    one = insert(FAILED_ROW | {"trace_id": "trace_" + "1" * 26, "retry_of": ABSENT})
    other = insert(FAILED_ROW | {"trace_id": ABSENT, "retry_of": one.pk})

    assert attempts(one) == [("Retry of", other.pk), ("Retried as", other.pk)]


def test_at_most_20_attempts_are_named_each_way() -> None:
    chain = [insert(FAILED_ROW)]
    for _ in range(MOST_ATTEMPTS + 2):
        chain.append(insert(FAILED_ROW | {"retry_of": chain[-1].pk}))

    assert len(attempts(chain[0])) == len(attempts(chain[-1])) == MOST_ATTEMPTS


def test_a_retry_left_running_is_shown_as_interrupted() -> None:
    first = insert(FAILED_ROW)
    insert(RUNNING_ROW | {"retry_of": first.pk})

    assert "interrupted" in facts(first)["Retried as"]


def test_the_page_shows_the_same_story_as_the_command_and_links_the_attempts(
    admin_client: Client, family: list[TraceRecord]
) -> None:
    page = admin_client.get(page_address(family[2].pk))

    assert facts_on_page(page.text) == [fact for section in sections(family[2]).values() for fact in section]
    assert re.findall(r"<h2 id=.*>(.*)</h2>", page.text) == list(sections(family[2]))
    for each in (family[0], family[3]):
        assertContains(page, f'href="{page_address(each.pk)}"')
