"""The search box: an id in any form leads to its row, and any other text reads no row."""

import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from operators.story import page_address
from tests.ledger.rows import INVALID, closed_row, open_row
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db

LIST = "/admin/traces/tracerecord/"
ABSENT = "trace_" + "7" * 26


@pytest.fixture
def trace() -> TraceRecord:
    return closed_row(INVALID)


def test_a_text_that_holds_an_id_leads_to_its_row(admin_client: Client, trace: TraceRecord) -> None:
    addresses = ("http://testserver/rotation/{}", "http://testserver/admin/traces/tracerecord/{}/change/")
    for written in ("{}", "  {}\r\n", *addresses):
        response = admin_client.get(LIST, {"q": written.format(trace.pk.upper())})
        assertRedirects(response, page_address(trace.pk))


def test_the_index_has_the_same_search_as_the_list(admin_client: Client, trace: TraceRecord) -> None:
    form = re.search(
        r'<form [^>]*class="find"[^>]* action="([^"]*)">.*?name="(\w+)"', admin_client.get("/admin/").text, re.DOTALL
    )

    assert form is not None
    assertRedirects(admin_client.get(form[1], {form[2]: trace.pk}), page_address(trace.pk))
    assertContains(admin_client.get(LIST), '<label for="searchbar">Trace id or account id</label>', html=True)


def test_an_id_leads_to_its_row_whatever_the_filters(admin_client: Client) -> None:
    running = open_row()

    response = admin_client.get(LIST, {"q": running.pk, "status__exact": "completed", "day": "today"})

    assert response.headers["Location"] == page_address(running.pk)


def test_an_unknown_id_is_reported_and_a_link_of_a_filter_drops_it(admin_client: Client, trace: TraceRecord) -> None:
    response = admin_client.get(LIST, {"q": ABSENT.upper()})

    assertContains(response, f"No trace has the id {ABSENT}.")
    assertNotContains(response, trace.pk)
    assertContains(response, 'href="?status__exact=all"')
    assertNotContains(response, "q=")


def test_a_text_without_an_id_finds_nothing_and_shows_help(admin_client: Client, trace: TraceRecord) -> None:
    for text in ("provider_timeout", "trace_", "acct_1", "\0", '"><b>', "somewhere-in-a-column"):
        with CaptureQueriesContext(connection) as queries:
            response = admin_client.get(LIST, {"q": text})

        assertContains(response, "This is not an id.")
        assertNotContains(response, trace.pk)
        assertNotContains(response, '"><b>')
        assert not [query["sql"] for query in queries if "somewhere" in query["sql"]]


def test_a_part_of_an_id_finds_nothing_and_nothing_is_the_list(admin_client: Client, trace: TraceRecord) -> None:
    assertNotContains(admin_client.get(LIST, {"q": trace.pk[:-1]}), f">{trace.pk}</a>")
    assertContains(admin_client.get(LIST, {"q": " "}), trace.pk)


def test_a_search_queries_by_primary_key_only(admin_client: Client, trace: TraceRecord) -> None:
    with CaptureQueriesContext(connection) as queries:
        admin_client.get(LIST, {"q": trace.pk})

    reads = [query["sql"] for query in queries if query["sql"].startswith("SELECT") and "tracerecord" in query["sql"]]
    assert len(reads) == 1
    assert f"\"trace_id\" = '{trace.pk}'" in reads[0]


def test_an_account_leads_to_its_traces_of_every_status(admin_client: Client, trace: TraceRecord) -> None:
    expected = [closed_row(account_id="acct_20468"), open_row(account_id="acct_20468")]

    for written in ("acct_20468", " ACCT_20468 ", "acct 20468", "acct-20468"):
        response = admin_client.get(LIST, {"q": written}, follow=True)

        for each in expected:
            assertContains(response, each.pk)
        assertNotContains(response, trace.pk)


def test_search_needs_the_permission_to_view_traces(client: Client, trace: TraceRecord) -> None:
    client.force_login(User.objects.create_user("clerk", is_staff=True))

    for text in (trace.pk, ABSENT):
        assert client.get(LIST, {"q": text}).status_code == 403
