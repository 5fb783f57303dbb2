"""The search box: one id leads to its row, several and cut-off ids to a list, and any other text reads no row."""

import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from decisions.registry import read_ids
from operators.lookup import look_up
from operators.story import page_address
from tests.ledger.rows import FAILED_ROW, INVALID, closed_row, insert, open_row
from tests.operators.operators_list import LIST, link, listed
from traces.codes import Source
from traces.identifiers import LENGTH
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db

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

        assertContains(response, "No id is in this text.")
        assertNotContains(response, trace.pk)
        assertNotContains(response, '"><b>')
        assert not [query["sql"] for query in queries if "somewhere" in query["sql"]]


def test_the_end_of_an_id_finds_nothing_and_nothing_is_the_list(admin_client: Client, trace: TraceRecord) -> None:
    assert listed(admin_client, {"q": f"…{trace.pk[8:]}"}) == []
    assert listed(admin_client, {"q": " "}) == [trace.pk]


def test_several_ids_in_a_sentence_list_just_these_whatever_the_filters(admin_client: Client) -> None:
    closed_row(INVALID)
    first, second, third = closed_row(), open_row(), closed_row(source=Source.EVAL)
    text = f"{first.pk} was fine, task_{second.pk[6:]} still runs, and acct_10234 has {third.pk.upper()}"

    for more in ({}, {"status__exact": "failed"}, {"source__exact": "web"}):
        assert sorted(listed(admin_client, {"q": text} | more)) == sorted([first.pk, second.pk, third.pk])
    assertContains(admin_client.get(LIST, {"q": text}), "<h1>Traces</h1>", html=True)


def test_ids_without_a_gap_are_two(admin_client: Client) -> None:
    first, second = closed_row(), closed_row()

    assert sorted(listed(admin_client, {"q": first.pk + second.pk})) == sorted([first.pk, second.pk])


def test_an_account_beside_an_id_that_no_trace_has_says_so(admin_client: Client, trace: TraceRecord) -> None:
    page = admin_client.get(LIST, {"q": f"{ABSENT} of account number 10234"}, follow=True)

    assert page.redirect_chain[-1][0].endswith("account_id__exact=acct_10234")
    assertContains(page, f"No trace has the id {ABSENT}.")


def test_an_empty_search_is_the_list_of_failures(admin_client: Client, trace: TraceRecord) -> None:
    closed_row()

    assert listed(admin_client, {"q": ""}) == listed(admin_client)


def test_ids_that_no_trace_has_are_named_beside_the_list(admin_client: Client, trace: TraceRecord) -> None:
    text = f"canary {trace.pk}, {ABSENT} or trace_99999l9"

    warnings = re.findall('<li class="warning">(.*)</li>', admin_client.get(LIST, {"q": text}).text)

    assert listed(admin_client, {"q": text}) == [trace.pk]
    assert warnings == [f"No trace has the id {ABSENT}.", "No trace has an id that begins with trace_9999919."]


@pytest.mark.parametrize("length", [6, 7, 25])
@pytest.mark.parametrize("written", ["trace_{}", "See TASK-{}…", "“task_{}”", "/rotation/trace_{} cut"])
def test_an_id_that_was_cut_off_lists_what_begins_so(
    admin_client: Client, trace: TraceRecord, written: str, length: int
) -> None:
    same = insert(FAILED_ROW | {"trace_id": f"{trace.pk[:-1]}{'0' if trace.pk[-1] != '0' else 'z'}"})
    looks_alike = trace.pk[6 : 6 + length].upper().replace("0", "O").replace("1", "l")

    assert sorted(listed(admin_client, {"q": written.format(looks_alike)})) == sorted([trace.pk, same.pk])


def test_a_search_shows_50_rows_and_no_further_page(admin_client: Client) -> None:
    for number in range(60):
        insert(FAILED_ROW | {"trace_id": f"trace_0000000000000000000000{number:04}"})

    text = "trace_0000000 trace_00000000"
    assert len(listed(admin_client, {"q": text})) == 50
    assert link(admin_client, "Older", {"q": text}) is None


def test_a_search_queries_by_primary_key_only(admin_client: Client, trace: TraceRecord) -> None:
    with CaptureQueriesContext(connection) as queries:
        admin_client.get(LIST, {"q": trace.pk})

    reads = [query["sql"] for query in queries if query["sql"].startswith("SELECT") and "tracerecord" in query["sql"]]
    assert len(reads) == 1
    assert f"\"trace_id\" BETWEEN '{trace.pk}' AND '{trace.pk}'" in reads[0]


def test_a_long_text_is_read_in_linear_time(admin_client: Client, trace: TraceRecord) -> None:
    for pattern in ("trace_a-", "trace_aaaaaa", "trace-", "acct-", "account", "-", "a-"):
        text = (pattern * 1000)[:970]
        assert admin_client.get(LIST, {"q": text}).status_code == 200
        assert look_up(text).exact is None
        # A pattern that goes back for each character would not come to an end here.
        assert all(len(each) <= LENGTH for each in read_ids(pattern * 20_000))


def test_an_account_leads_to_its_traces_of_every_status(admin_client: Client, trace: TraceRecord) -> None:
    expected = [closed_row(account_id="acct_20468"), open_row(account_id="acct_20468")]

    sentences = ("what about acct 20468?", "Account: 20468 (see acct_20468) and trace_000000", "20468 is broken")
    for written in ("acct_20468", " ACCT_20468 ", "acct 20468", "acct-20468", "20468", *sentences):
        response = admin_client.get(LIST, {"q": written}, follow=True)

        for each in expected:
            assertContains(response, each.pk)
        assertNotContains(response, trace.pk)


def test_several_accounts_are_not_looked_up(admin_client: Client, trace: TraceRecord) -> None:
    for written in ("acct_20468 or acct_10234", "acct_102345", "xacct_10234", "in 10234 cases"):
        assertContains(admin_client.get(LIST, {"q": written}), "No id is in this text.")


def test_search_needs_the_permission_to_view_traces(client: Client, trace: TraceRecord) -> None:
    client.force_login(User.objects.create_user("clerk", is_staff=True))

    for text in (trace.pk, ABSENT):
        assert client.get(LIST, {"q": text}).status_code == 403
