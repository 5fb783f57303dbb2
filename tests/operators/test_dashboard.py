"""The dashboard: who sees it, which period and source it shows, and that each number leads to its rows."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW, RUNNING_ROW
from tests.operators.dashboard import INVALID_ROW, PAGE, ago, cells, links, page_text, store
from traces.feedback import Feedback
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db


def shown(client: Client, address: str) -> int:
    """Count the rows of a list."""
    page = client.get(address)
    assert page.status_code == 200, address
    return int(page.context["cl"].result_count)


@pytest.mark.parametrize("period", ["24h", "30d"])
@pytest.mark.parametrize("source", ["", "eval"], ids=["all but evals", "evals"])
def test_each_number_leads_to_as_many_rows(admin_client: Client, settings: Settings, source: str, period: str) -> None:
    # Nothing is closed between the page and a list.
    settings.INTERRUPTED_GRACE_SECONDS = 3600
    for came_by in ("web", "eval"):
        for row in (COMPLETED_ROW, INVALID_ROW, FAILED_ROW, FAILED_ROW, RUNNING_ROW):
            store(row, source=came_by, **ago(seconds=50 if row == RUNNING_ROW else 1))
        store(
            INVALID_ROW,
            source=came_by,
            prompt_version="rotation_decision@2",
            provider="rules",
            model=None,
            **ago(days=2),
        )
        for code in ("interrupted", "account_unknown"):
            store(FAILED_ROW | {"error_code": code}, source=came_by)
        ticket = store(COMPLETED_ROW | {"workflow": "tickets", "decision": "billing"}, source=came_by)
        judged = {"workflow": "tickets", "verdict": "summary_wrong", "created_at": ticket.started_at}
        Feedback.objects.create(trace_id=ticket.pk, **judged)
        store(COMPLETED_ROW, source=came_by, **ago(hours=-1))

    found = links(page_text(admin_client, source__exact=source, period=period))

    assert len(found) > 20
    for address, number in found:
        assert (address, shown(admin_client, address)) == (address, number)


def test_empty_ledger_says_what_to_do_first(admin_client: Client) -> None:
    page = admin_client.get(PAGE)

    assertContains(page, 'No request has come in yet. Send the first one: <a href="/">')
    assert "0 requests started from" in page_text(admin_client)
    assertNotContains(page, "<caption>Outcomes")


def test_period_without_requests_shows_no_charts(admin_client: Client) -> None:
    store(COMPLETED_ROW, **ago(days=40))

    page = admin_client.get(PAGE)

    assertNotContains(page, "No request has come in yet")
    assertNotContains(page, "<svg class")


def test_the_periods_are_24_hours_and_30_days(admin_client: Client) -> None:
    store(COMPLETED_ROW)
    store(FAILED_ROW, **ago(days=3))

    assert len(cells(page_text(admin_client), "Requests an hour")) == 1 + 24
    assert len(cells(page_text(admin_client, period="nonsense"), "Requests an hour")) == 1 + 24
    assert ["failed", "provider_timeout", "1"] not in cells(page_text(admin_client), "Outcomes")
    assert len(cells(page_text(admin_client, period="30d"), "Requests a day")) == 1 + 30
    assert ["failed", "provider_timeout", "1"] in cells(page_text(admin_client, period="30d"), "Outcomes")


def test_evals_are_left_out_until_they_are_chosen(admin_client: Client) -> None:
    store(COMPLETED_ROW)
    store(COMPLETED_ROW | {"decision": "needs_review"}, source="eval")

    assert cells(page_text(admin_client), "Outcomes")[1:] == [["completed", "eligible", "1"]]
    chosen = page_text(admin_client, source__exact="eval")
    assert cells(chosen, "Outcomes")[1:] == [["completed", "needs_review", "1"]]
    assert 'href="?period=30d&amp;source__exact=eval"' in chosen
    assert re.search('aria-current="page">All but evals', page_text(admin_client, source__exact="nonsense"))


def test_outcomes_are_decisions_then_codes_then_running_the_most_frequent_first(admin_client: Client) -> None:
    store(COMPLETED_ROW | {"decision": "needs_review"}, count=2)
    for row in (RUNNING_ROW, COMPLETED_ROW, FAILED_ROW, INVALID_ROW, INVALID_ROW):
        store(row)

    assert cells(page_text(admin_client), "Outcomes")[1:] == [
        ["completed", "needs_review", "2"],
        ["completed", "eligible", "1"],
        ["failed", "invalid_decision", "2"],
        ["failed", "provider_timeout", "1"],
        ["running", "running", "1"],
    ]


def test_a_request_left_running_is_closed_before_it_is_counted(admin_client: Client) -> None:
    store(RUNNING_ROW, **ago(minutes=5))

    assert "interrupted" in page_text(admin_client, period="30d")
    assert TraceRecord.objects.get().error_code == "interrupted"


def test_numbers_are_grouped(admin_client: Client) -> None:
    store(COMPLETED_ROW, latency_ms=1_234_567)

    assertContains(admin_client.get(PAGE), ">1,234,567</a>", count=2)


def test_stored_hostile_text_is_escaped_and_the_page_needs_no_more_than_the_policy_allows(admin_client: Client) -> None:
    hostile = '"><script>alert(1)</script>'
    store(COMPLETED_ROW, decision=hostile, prompt_version=hostile, model=hostile, provider=hostile, workflow=hostile)

    page = admin_client.get(PAGE)

    assertContains(page, "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;")
    assert "style-src 'self'" in page.headers["Content-Security-Policy"]
    assert not re.findall("style=|<style|<script>", page.text)


def test_the_dashboard_is_for_users_who_may_read_traces(client: Client) -> None:
    clerk = User.objects.create_user("clerk", is_staff=True)
    client.force_login(clerk)

    before = client.get(PAGE)
    clerk.user_permissions.add(Permission.objects.get(codename="view_tracerecord"))
    after = client.get(PAGE)

    assertNotContains(before, "What needs somebody now")
    assertContains(before, "Recent actions")
    assertContains(after, "What needs somebody now")
    assertContains(after, "Traces")


def test_the_address_of_the_former_overview_leads_there(admin_client: Client) -> None:
    assertRedirects(admin_client.get("/admin/traces/overview/"), PAGE)
