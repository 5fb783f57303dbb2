"""The pages of the list of traces: newest first, every row once, and never a count."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.ledger.rows import FAILED_ROW, NOW, insert
from tests.operators.operators_list import LIST, link, listed

pytestmark = pytest.mark.django_db


@pytest.fixture
def three_pages() -> list[str]:
    """Return 120 failed rows, newest first. Many of them started at the same instant."""
    rows = [insert(FAILED_ROW | {"started_at": NOW + timedelta(seconds=number // 7)}).pk for number in range(120)]
    instants = {pk: number // 7 for number, pk in enumerate(rows)}
    return sorted(rows, key=lambda pk: (instants[pk], pk), reverse=True)


def test_the_pages_show_every_row_once_in_both_directions(admin_client: Client, three_pages: list[str]) -> None:
    older = link(admin_client, "Older")
    second = listed(admin_client, older or "")
    oldest = admin_client.get(LIST + (older or "")).text
    third_address = re.search(r'<a href="([^"]*)">Older</a>', oldest)

    assert third_address is not None
    third = listed(admin_client, third_address[1])
    assert [*listed(admin_client), *second, *third] == three_pages
    assert listed(admin_client, f"?p=newer.{third[0]}") == second
    assert listed(admin_client, f"?p=newer.{second[0]}") == three_pages[:50]


def test_a_page_offers_the_pages_beside_it(admin_client: Client, three_pages: list[str]) -> None:
    offered = {"": {"Older"}, "older.{49}": {"Newer", "Older"}, "older.{99}": {"Newer"}, "newer.{50}": {"Older"}}

    for page, links in offered.items():
        text = admin_client.get(LIST, {"p": page.format(*three_pages)}).text
        assert {name for name in ("Newer", "Older") if f">{name}</a>" in text} == links, page


def test_an_invalid_page_is_the_first_page(admin_client: Client, three_pages: list[str]) -> None:
    for page in ("2", "older.", "older.trace_" + "7" * 26, "newer.\0", "older.x"):
        assert listed(admin_client, {"p": page}) == three_pages[:50], page


def test_a_page_keeps_the_filters_and_a_filter_drops_the_page(admin_client: Client, three_pages: list[str]) -> None:
    query = {"provider__exact": "openai", "p": f"older.{three_pages[49]}"}

    assert link(admin_client, "Older", query) == f"?p=older.{three_pages[99]}&provider__exact=openai"
    assert link(admin_client, "web", query) is None
    assert link(admin_client, "The form", query) == "?provider__exact=openai&source__exact=web"


def test_the_list_does_not_count_skip_or_sort_otherwise(admin_client: Client, three_pages: list[str]) -> None:
    with CaptureQueriesContext(connection) as queries:
        rows = listed(admin_client, {"p": f"older.{three_pages[99]}", "o": "2.-5", "all": "", "_facets": "True"})

    assert rows == three_pages[100:]
    assert not [query["sql"] for query in queries if re.search("COUNT|OFFSET", query["sql"])]
