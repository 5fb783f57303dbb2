"""The list of traces: failed ones first, filtered by indexed columns, and never counted."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW, NOW, RUNNING_ROW, insert
from tests.operators.operators_list import LIST, link, listed
from traces.codes import ErrorCode, Source

pytestmark = pytest.mark.django_db

MIDNIGHT = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)


def failed(**changes: Any) -> str:
    return insert(FAILED_ROW | changes).pk


def completed(**changes: Any) -> str:
    return insert(COMPLETED_ROW | changes).pk


def test_the_list_shows_failed_traces_and_a_link_to_all(admin_client: Client) -> None:
    of_all = [failed(), completed(), insert(RUNNING_ROW | {"started_at": timezone.now()}).pk]

    everything = link(admin_client, "All")

    assert listed(admin_client) == of_all[:1]
    assert everything == "?status__exact=all"
    assert sorted(listed(admin_client, everything)) == sorted(of_all)


def test_evals_are_left_out_until_they_are_chosen(admin_client: Client) -> None:
    ours, an_eval = failed(), failed(source=Source.EVAL)

    assert listed(admin_client) == [ours]
    assert listed(admin_client, "?source__exact=eval") == [an_eval]


@pytest.mark.parametrize(
    ("query", "row"),
    [
        ("status__exact=completed", COMPLETED_ROW),
        ("decision__exact=needs_review", COMPLETED_ROW | {"decision": "needs_review"}),
        ("error_code__exact=interrupted", FAILED_ROW | {"error_code": ErrorCode.INTERRUPTED}),
        ("workflow__exact=tickets", FAILED_ROW | {"workflow": "tickets"}),
        ("prompt_version__exact=rotation_decision%402", FAILED_ROW | {"prompt_version": "rotation_decision@2"}),
        ("provider__exact=rules", FAILED_ROW | {"provider": "rules"}),
        ("source__exact=web", FAILED_ROW | {"source": Source.WEB}),
        ("account_id__exact=acct_20468", COMPLETED_ROW | {"account_id": "acct_20468"}),
        ("input_fingerprint__exact=" + "5" * 32, COMPLETED_ROW | {"input_fingerprint": "5" * 32}),
        ("overdue=yes", FAILED_ROW | {"error_code": ErrorCode.INTERRUPTED}),
        ("failure=service", FAILED_ROW | {"error_code": ErrorCode.INTERNAL_ERROR}),
        ("model__exact=other-model", FAILED_ROW | {"model": "other-model"}),
        ("started_at__gte=2026-04-01T00:00:00%2B00:00", FAILED_ROW | {"started_at": NOW + timedelta(days=40)}),
        ("started_at__lt=2026-02-01T00:00:00", FAILED_ROW | {"started_at": NOW - timedelta(days=40)}),
        ("day=2026-03-05", FAILED_ROW | {"started_at": NOW + timedelta(days=4)}),
        ("review=waiting", COMPLETED_ROW | {"decision": "needs_review"}),
    ],
)
def test_a_filter_shows_its_rows_and_no_other(admin_client: Client, query: str, row: dict[str, Any]) -> None:
    failed()
    expected = insert(row)

    assert listed(admin_client, f"?{query}") == [expected.pk]
    assert "Clear all filters" in admin_client.get(f"{LIST}?{query}").text


@pytest.mark.parametrize(
    ("day", "first", "past_the_last"),
    [
        ("today", MIDNIGHT, MIDNIGHT + timedelta(days=1)),
        ("yesterday", MIDNIGHT - timedelta(days=1), MIDNIGHT),
        ("week", MIDNIGHT - timedelta(days=6), MIDNIGHT + timedelta(days=1)),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)),
    ],
)
def test_a_day_begins_and_ends_at_midnight(
    admin_client: Client, day: str, first: datetime, past_the_last: datetime
) -> None:
    instant = timedelta(microseconds=1)
    within = [failed(started_at=past_the_last - instant), failed(started_at=first)]
    failed(started_at=first - instant)
    failed(started_at=past_the_last)

    assert listed(admin_client, {"day": day}) == within


def test_an_invalid_day_redirects_to_the_list(admin_client: Client) -> None:
    days = ("day=someday", "day=2026-02-30", "day=9999-12-31")
    for wrong in (*days, "started_at__gte=then", "started_at__lt=0001-01-01T00:00%2B14:00"):
        assertRedirects(admin_client.get(f"{LIST}?{wrong}"), f"{LIST}?e=1")


def test_the_filters_show_what_is_chosen(admin_client: Client) -> None:
    page = admin_client.get(
        LIST, {"day": "2026-03-05", "started_at__gte": "2026-03-05T10:00:00", "provider__exact": "x"}
    )

    assertContains(page, 'value="2026-03-05" required')
    assertContains(page, "2026-03-05T10:00:00 to …")
    assertContains(page, '<input type="hidden" name="provider__exact" value="x">', html=True)
    assertNotContains(page, '<input type="hidden" name="started_at__gte"')


def test_the_values_that_rows_have_can_be_chosen(admin_client: Client) -> None:
    for provider in ("openai", "rules", "openai", "", " "):
        failed(provider=provider)

    with CaptureQueriesContext(connection) as queries:
        page = admin_client.get(LIST)

    assert re.findall(r'href="\?provider__exact=([^"]*)"', page.text) == ["openai", "rules"]
    assert not [query["sql"] for query in queries if "DISTINCT" in query["sql"]]


def test_at_most_50_values_of_a_column_can_be_chosen(admin_client: Client) -> None:
    for number in range(52):
        failed(provider=f"provider_{number:02}")

    assert admin_client.get(LIST).text.count("?provider__exact=") == 50


def test_a_decision_or_a_code_drops_the_status_that_was_chosen(admin_client: Client) -> None:
    completed()
    chosen = {"status__exact": "running", "provider__exact": "rules"}

    assert link(admin_client, "eligible", chosen) == "?decision__exact=eligible&provider__exact=rules"
    assert link(admin_client, "interrupted", chosen) == "?error_code__exact=interrupted&provider__exact=rules"


def test_running_too_long_is_past_the_deadline_or_interrupted(admin_client: Client, settings: Settings) -> None:
    settings.DECISION_DEADLINE_SECONDS, settings.INTERRUPTED_GRACE_SECONDS = 10, 600
    past, given_up, in_time = (timezone.now() - timedelta(seconds=age) for age in (60, 3600, 5))
    late, left, _ = (insert(RUNNING_ROW | {"started_at": at}).pk for at in (past, given_up, in_time))

    assert listed(admin_client, {"overdue": "yes"}) == [late, left]


def test_a_lookup_that_no_filter_offers_is_refused(admin_client: Client) -> None:
    texts = ("account_id__icontains=acct", "trace_id__startswith=trace", "submitter__regex=(", "provider__exact=%00")
    for lookup in (*texts, "credential_kind__exact=other", "reviews__note__contains=x", "nothing=1"):
        assert admin_client.get(f"{LIST}?{lookup}").status_code == 400, lookup


def test_an_empty_list_says_so_and_leads_to_more(admin_client: Client) -> None:
    more = "Show traces of every status"
    without_any = link(admin_client, more, {"status__exact": "all"})
    row = completed()

    everything = link(admin_client, more, {"account_id__exact": "acct_10234", "status__exact": "failed"})

    assert without_any is None
    assertContains(admin_client.get(LIST), "No trace is here.")
    assert listed(admin_client, everything or "") == [row]


def test_the_title_says_which_status_is_shown(admin_client: Client) -> None:
    titles = {
        "Failed traces": [""],
        "Running traces": ["status__exact=running"],
        "Completed traces": ["status__exact=completed"],
        "Traces": ["status__exact=all", "account_id__exact=acct_20468", "status__exact=canary"],
    }

    for title, queries in titles.items():
        for query in queries:
            assertContains(admin_client.get(f"{LIST}?{query}"), f"<h1>{title}</h1>", html=True)


def test_a_row_shows_its_outcome_without_empty_links_or_inline_styles(admin_client: Client) -> None:
    failed(error_code=ErrorCode.PROVIDER_TIMEOUT)
    completed(decision="needs_review", provider="", model="")
    insert(RUNNING_ROW | {"started_at": timezone.now()})

    page = admin_client.get(f"{LIST}?status__exact=all").text

    outcomes = re.findall(r'<td class="field-outcome">([^<]*)</td>', page)
    assert sorted(outcomes) == ["completed: needs_review", "failed: provider_timeout", "running"]
    assert not re.findall(r"<a [^>]*>\s*</a>|<style|style=", page)


def test_a_bad_value_in_the_address_of_the_whole_list_is_refused_without_blaming_the_database(
    admin_client: Client,
) -> None:
    for wrong in ("day=someday", "started_at__gte=then", "q=" + "a" * 1000):
        refused = admin_client.get(f"{LIST}?e=1&{wrong}")

        assertNotContains(refused, "database", status_code=400)
    assert admin_client.get(f"{LIST}?e=1").status_code == 200
