"""What needs somebody now, line by line."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from evals.models import EvalRun
from rotation.models import Credential
from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW, NOW, RUNNING_ROW
from tests.operators.dashboard import PAGE, ago, need, page_text, store
from tests.operators.operators_list import listed
from tests.operators.reviewing import needs_review, operator, signed_in
from traces.feedback import Feedback
from traces.review_requests import ReviewRequest

QUEUE = 'href="/admin/traces/reviewrequest/">2 waiting'
pytestmark = pytest.mark.django_db


def test_quiet_lines_when_nothing_needs_anybody(admin_client: Client) -> None:
    page = page_text(admin_client)

    assert (
        need(page, "Running too long") == "Running too long: 0 past the deadline in the last 24 hours, 0 still running"
    )
    assert need(page, "Reviews waiting") == "Reviews waiting: 0 waiting"
    assert need(page, "Marked wrong by senders") == "Marked wrong by senders: 0 tickets in the last 24 hours"
    assert need(page, "Provider") == "Provider: none was asked in 15 minutes"
    assert "A clock was wrong" not in page


def test_running_too_long_counts_what_runs_past_the_deadline_and_what_was_closed(admin_client: Client) -> None:
    store(RUNNING_ROW)
    store(RUNNING_ROW, **ago(hours=2))
    ended = need(page_text(admin_client), "Running too long")
    store(RUNNING_ROW, **ago(seconds=35))
    late = need(page_text(admin_client), "Running too long")

    assert ended == "Running too long: 1 past the deadline in the last 24 hours, 0 still running"
    assert late == "Look: Running too long: 2 past the deadline in the last 24 hours, 1 still running"


def test_the_queue_of_reviews_is_linked_for_who_may_see_it(admin_client: Client) -> None:
    for trace, hours in ((needs_review(), 5), (needs_review(), 1)):
        at = timezone.now() - timedelta(hours=hours)
        ReviewRequest.objects.create(trace_id=trace.pk, workflow=trace.workflow, requested_at=at)
    reader = signed_in(operator("reader", ("view_tracerecord",)))

    line = "Look: Reviews waiting: 2 waiting (the oldest for 5 hours)"
    assert need(page_text(admin_client), "Reviews waiting") == line
    assert need(page_text(reader), "Reviews waiting") == line
    assert QUEUE in admin_client.get("/admin/").text
    assert QUEUE not in reader.get("/admin/").text


def test_tickets_that_their_senders_marked_wrong_are_counted(admin_client: Client) -> None:
    for verdict, minutes in (("right", 1), ("category_wrong", 1), ("summary_wrong", 60 * 48)):
        ticket = store(COMPLETED_ROW | {"workflow": "tickets", "decision": "billing"}, **ago(minutes=minutes))
        judged = {"workflow": "tickets", "verdict": verdict, "created_at": timezone.now()}
        Feedback.objects.create(trace_id=ticket.pk, **judged)

    line = "Look: Marked wrong by senders: 1 ticket in the last 24 hours"
    assert need(page_text(admin_client), "Marked wrong by senders") == line
    assert "2 tickets" in need(page_text(admin_client, period="30d"), "Marked wrong by senders")


@pytest.mark.parametrize(("failed", "urgent"), [(1, ""), (2, "Look: ")])
def test_a_provider_is_named_from_a_fifth_of_failures_on(admin_client: Client, failed: int, urgent: str) -> None:
    store(FAILED_ROW, count=failed)
    store(COMPLETED_ROW, count=9 - failed)
    store(RUNNING_ROW)
    store(FAILED_ROW | {"error_code": "account_unknown"})
    store(FAILED_ROW, **ago(minutes=16))

    assert need(page_text(admin_client), "Provider openai") == (
        f"{urgent}Provider openai: {failed} provider_timeout"
        f" ({100 * failed / 9:.0f} % of 9 requests in 15 minutes; marked from 20 % on)"
    )


def test_the_oldest_source_of_records_is_named(admin_client: Client, credential: Credential) -> None:
    Credential.objects.update(source="aws:<one>", observed_at=timezone.now() - timedelta(hours=5))

    sentence = need(page_text(admin_client), "Trusted records")

    assert "The oldest source, aws:<one>, was observed 5 hours ago." in sentence


def stored_run(**changes: Any) -> EvalRun:
    judged = {"suite": "rotations", "prompt_version": "rotation_decision@1", "provider": "rules", "whole_split": True}
    figures = {"passed": 46, "measured": 50, "low": 0.8, "high": 1.0}
    times = {"started_at": NOW, "finished_at": NOW + timedelta(minutes=3)}
    return EvalRun.objects.create(
        **{"gate_holds": True, "figures": figures, "outcomes": [], **judged, **times, **changes}
    )


def test_the_last_eval_of_each_workflow_is_named(admin_client: Client) -> None:
    stored_run(gate_holds=False, started_at=NOW - timedelta(days=1))
    last = stored_run(model="small-model")

    page = page_text(admin_client)

    assert need(page, "Last eval of rotation") == (
        "Last eval of rotation: 46 cases passed of 50: holds, with rotation_decision@1 on small-model,"
        " 2026-03-01 12:00:00 UTC"
    )
    assert f'<a href="/admin/evals/evalrun/{last.pk}/change/">46 cases passed</a>' in page
    assert need(page, "Last eval of tickets") == "Last eval of tickets: no eval was run"


def test_an_eval_that_falls_short_needs_somebody_and_is_linked_for_who_may_see_it() -> None:
    stored_run(gate_holds=False)
    page = page_text(signed_in(operator("reader", ("view_tracerecord",))))

    assert need(page, "Last eval of rotation").startswith(
        "Look: Last eval of rotation: 46 cases passed of 50: falls short"
    )
    assert "/admin/evals/evalrun/" not in page


def test_requests_from_the_future_are_named_and_not_counted(admin_client: Client) -> None:
    store(COMPLETED_ROW, **ago(hours=-2))
    store(COMPLETED_ROW | {"source": "eval"}, **ago(hours=-2))

    page = page_text(admin_client)

    assert need(page, "A clock was wrong") == ("Look: A clock was wrong: 1 request in the future, not counted below")
    of_evals = unescape(admin_client.get(PAGE, {"source__exact": "eval"}).text)
    [address] = re.findall(r'href="[^"?]*(\?[^"]*)">1 request</a> in the future', of_evals)
    assert len(listed(admin_client, address)) == 1
    assert "0 requests started" in page
    assert admin_client.get(PAGE, {"period": "30d"}).status_code == 200


def test_a_provider_without_failures_is_quiet(admin_client: Client) -> None:
    store(COMPLETED_ROW)

    line = "Provider openai: failed in none of 1 requests in 15 minutes"
    assert need(page_text(admin_client), "Provider openai") == line


def test_records_that_are_too_old_need_somebody(
    admin_client: Client, credential: Credential, settings: Settings
) -> None:
    settings.RECORD_FRESH_HOURS = 4
    Credential.objects.update(observed_at=timezone.now() - timedelta(hours=5))

    assert need(page_text(admin_client), "Trusted records").startswith("Look: Trusted records: ")
