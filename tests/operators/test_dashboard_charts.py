"""The trend: in which hour or day a request counts, and how it is drawn."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from operators.dashboard_counts import count_ended
from operators.dashboard_period import read_period
from tests.ledger.plans import fill_ledger, prefer_sorted_indexes
from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW, NOW, RUNNING_ROW, insert
from tests.operators.dashboard import INVALID_ROW, ago, page_text, store
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db
AT = NOW + timedelta(minutes=30)


def counted(name: str) -> dict[int, int]:
    period = read_period(name, at=AT, lookups={})
    ended = count_ended(TraceRecord.objects.all(), period, decisions=["eligible"])
    return {each.part: each.requests for each in ended}


def test_a_request_counts_in_the_hour_or_day_in_which_it_started(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    hours = (AT, NOW, NOW - timedelta(microseconds=1), NOW - timedelta(hours=23), NOW - timedelta(hours=23, seconds=1))
    for started_at in hours:
        insert(COMPLETED_ROW | {"started_at": started_at})

    with django_assert_num_queries(1):
        assert counted("24h") == {23: 1, 22: 1, 0: 1}
    assert counted("30d") == {29: 2, 28: 2}


def test_the_first_day_is_whole() -> None:
    first = datetime(2026, 1, 31, tzinfo=UTC)
    for started_at in (first, first - timedelta(microseconds=1)):
        insert(COMPLETED_ROW | {"started_at": started_at})

    assert counted("30d") == {0: 1}


def test_the_counts_read_indexes_alone() -> None:
    fill_ledger(until=AT)
    prefer_sorted_indexes()
    period = read_period("24h", at=AT, lookups={})
    rows = TraceRecord.objects.exclude(source="eval")

    plan = "".join(
        part.of(rows).filter(**{f"{column}__in": ["a", "b"]}).order_by().values(column).explain()
        for part in period.parts[-1:]
        for column in ("decision", "error_code")
    )

    assert "traces_decision_latest" in plan
    assert "traces_error_latest" in plan


def bars(page: str) -> list[tuple[str, str, str]]:
    """Return name, top and height of each piece, in the hour that has some."""
    return re.findall(r'<rect class="(\w+)" x="[\d.]+" y="([-\d.]+)" width="16.0" height="([\d.]+)"/>', page)


def test_bars_are_stacked_and_the_rarest_ending_can_be_seen(admin_client: Client) -> None:
    now = ago(seconds=1)
    store(COMPLETED_ROW | now, count=99)
    store(RUNNING_ROW | now)

    assert bars(page_text(admin_client)) == [("completed", "1.0", "99.0"), ("running", "-0.5", "1.5")]


def test_failures_have_a_chart_of_their_own(admin_client: Client) -> None:
    now = ago(seconds=1)
    for code in ("provider_error", "credential_ambiguous", "internal_error"):
        store(FAILED_ROW | now | {"error_code": code})
    store(INVALID_ROW | now)

    assert bars(page_text(admin_client))[1:] == [
        ("provider", "75.0", "25.0"),
        ("check", "50.0", "25.0"),
        ("record", "25.0", "25.0"),
        ("service", "0.0", "25.0"),
    ]
