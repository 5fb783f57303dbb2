"""The search box: an id in any shape leads straight to its row, and no other text reads one."""

import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tests.ledger.rows import INVALID, closed_row, open_row
from traces.models import TraceRecord
from traces.story import page_address

pytestmark = pytest.mark.django_db

LIST = "/admin/traces/tracerecord/"
ABSENT = "trace_" + "7" * 26


@pytest.fixture
def trace() -> TraceRecord:
    return closed_row(INVALID)


@pytest.mark.parametrize(
    "written",
    ["{}", "  {}\r\n", "http://testserver/rotation/{}", "http://testserver/admin/traces/tracerecord/{}/change/"],
    ids=["as it is", "with blanks", "in its address", "in the admin's address"],
)
def test_a_text_that_holds_an_id_leads_to_its_row(admin_client: Client, trace: TraceRecord, written: str) -> None:
    response = admin_client.get(LIST, {"q": written.format(trace.pk.upper())})

    assertRedirects(response, page_address(trace.pk))


def test_the_home_page_asks_for_an_id_where_the_list_does(admin_client: Client, trace: TraceRecord) -> None:
    form = re.search(
        r'<form [^>]*class="find"[^>]* action="([^"]*)">.*?name="(\w+)"', admin_client.get("/admin/").text, re.DOTALL
    )

    assert form is not None
    assertRedirects(admin_client.get(form[1], {form[2]: trace.pk}), page_address(trace.pk))


def test_an_id_leads_to_its_row_whatever_the_list_showed(admin_client: Client) -> None:
    running = open_row()

    response = admin_client.get(LIST, {"q": running.pk, "status__exact": "completed", "day": "today"})

    assert response.headers["Location"] == page_address(running.pk)


def test_an_id_that_no_trace_has_is_told(admin_client: Client, trace: TraceRecord) -> None:
    response = admin_client.get(LIST, {"q": ABSENT.upper()})

    assertContains(response, f"No trace has the id {ABSENT}.")
    assertNotContains(response, trace.pk)


@pytest.mark.parametrize("text", ["provider_timeout", "trace_", "acct_1", "\0", '"><b>'])
def test_a_text_that_holds_no_id_finds_nothing_and_says_what_does(
    admin_client: Client, trace: TraceRecord, text: str
) -> None:
    response = admin_client.get(LIST, {"q": text})

    assertContains(response, "This is not an id.")
    assertNotContains(response, trace.pk)
    assertNotContains(response, '"><b>')


def test_a_part_of_an_id_finds_nothing(admin_client: Client, trace: TraceRecord) -> None:
    response = admin_client.get(LIST, {"q": trace.pk[:-1]})

    assertNotContains(response, f">{trace.pk}</a>")


def test_a_filter_leaves_a_search_that_found_nothing(admin_client: Client, trace: TraceRecord) -> None:
    page = admin_client.get(LIST, {"q": ABSENT})

    assertContains(page, 'href="?status__exact=all"')
    assertNotContains(page, "q=")


def test_an_empty_search_is_the_list(admin_client: Client, trace: TraceRecord) -> None:
    assertContains(admin_client.get(LIST, {"q": " "}), trace.pk)


def test_a_search_asks_by_the_primary_key_alone(admin_client: Client, trace: TraceRecord) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        admin_client.get(LIST, {"q": trace.pk})

    reads = [query["sql"] for query in queries if query["sql"].startswith("SELECT") and "tracerecord" in query["sql"]]
    assert len(reads) == 1
    assert f"\"trace_id\" = '{trace.pk}'" in reads[0]


def test_a_text_that_holds_no_id_is_in_no_query(admin_client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        admin_client.get(LIST, {"q": "somewhere-in-a-column"})

    assert not [query["sql"] for query in queries if "somewhere" in query["sql"]]


@pytest.mark.parametrize("written", ["acct_20468", " ACCT_20468 ", "acct 20468", "acct-20468"])
def test_an_account_leads_to_its_traces_of_every_status(admin_client: Client, trace: TraceRecord, written: str) -> None:
    sought = [closed_row(account_id="acct_20468"), open_row(account_id="acct_20468")]

    response = admin_client.get(LIST, {"q": written}, follow=True)

    for each in sought:
        assertContains(response, each.pk)
    assertNotContains(response, trace.pk)


def test_staff_without_permission_learns_nothing_by_searching(client: Client, trace: TraceRecord) -> None:
    client.force_login(User.objects.create_user("clerk", is_staff=True))

    for sought in (trace.pk, ABSENT):
        assert client.get(LIST, {"q": sought}).status_code == 403


def test_the_search_box_has_a_label(admin_client: Client) -> None:
    assertContains(admin_client.get(LIST), '<label for="searchbar">Trace id or account id</label>', html=True)
