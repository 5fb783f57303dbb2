"""`prune_traces` deletes what retention does not allow to be kept, and nothing else."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from tests.commands.conftest import Terminal, ctrl_c, database_that_fails, run, started, started_many
from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW, RUNNING_ROW, in_another_connection
from tests.torture.servers import wait_until
from traces.models import TraceRecord
from traces.retention import prune
from traces.reviews import Review

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_once() -> int:
    """SQLite's writers wait for a whole batch, PostgreSQL's do not."""
    return {"sqlite": 20, "postgresql": 500}[connection.vendor]


def reviewed(trace: TraceRecord) -> Review:
    reviewer, _ = User.objects.get_or_create(username="ada")
    words = {"outcome": "cannot_tell", "reason": "ambiguous"}
    return Review.objects.create(trace=trace, number=1, reviewer=reviewer, reviewed_at=timezone.now(), **words)


@pytest.mark.django_db(transaction=True)
def test_a_review_that_is_written_meanwhile_goes_with_its_trace() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer")
    old = started(days_ago=91, decision="needs_review")

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            TraceRecord.objects.select_for_update().get(pk=old.pk)
            deleted = threads.submit(in_another_connection, lambda: sum(prune(timezone.now())))
            assert wait_until(somebody_waits_for_a_lock, seconds=10)
            reviewed(old)

        assert deleted.result() == 1
    assert not Review.objects.exists()


def test_reviews_go_with_their_trace() -> None:
    reviewed(started(days_ago=91, decision="needs_review"))
    kept = reviewed(started(days_ago=1, decision="needs_review"))

    assert run("prune_traces").out == "Deleted 1 trace older than 90 days.\n"
    assert [*Review.objects.all()] == [kept]
    assert TraceRecord.objects.get() == kept.trace


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("row", [COMPLETED_ROW, FAILED_ROW, COMPLETED_ROW | {"source": "eval"}])
def test_a_terminal_trace_is_deleted_when_it_is_older(row: dict[str, Any]) -> None:
    started(days_ago=90.01, row=row)
    kept = started(days_ago=89.99, row=row)

    ran = run("prune_traces", "--older-than", "90d")

    assert (ran.code, ran.out, ran.err) == (0, "Deleted 1 trace older than 90 days.\n", "")
    assert list(TraceRecord.objects.all()) == [kept]


def test_the_time_is_that_of_the_settings_unless_it_is_given(settings: Settings) -> None:
    settings.TRACE_RETENTION_DAYS = 7
    started(days_ago=8)
    started(days_ago=6)

    assert run("prune_traces").out == "Deleted 1 trace older than 7 days.\n"
    assert run("prune_traces", "--older-than", "1d").out == "Deleted 1 trace older than 1 day.\n"


def test_what_was_left_running_is_closed_and_then_deleted_and_a_young_one_stays() -> None:
    left = started(days_ago=91, row=RUNNING_ROW)
    young = started(row=RUNNING_ROW)

    assert list(prune(timezone.now())) == []
    assert set(TraceRecord.objects.all()) == {left, young}

    assert run("prune_traces").out == "Deleted 1 trace older than 90 days.\n"
    assert TraceRecord.objects.get() == young


def test_a_dry_run_counts_what_would_be_deleted_and_changes_nothing() -> None:
    started_many(2, days_ago=91)
    started(days_ago=91, row=RUNNING_ROW)
    started(days_ago=1)
    before = list(TraceRecord.objects.order_by("pk").values())

    assert run("prune_traces", "--dry-run").out == "Would delete 3 traces older than 90 days.\n"
    assert list(TraceRecord.objects.order_by("pk").values()) == before
    assert run("prune_traces").out == "Deleted 3 traces older than 90 days.\n"


def test_a_span_that_is_no_number_of_days_is_refused() -> None:
    kept = started(days_ago=40_000)
    others = ("d", "90d ", "1.5d", "\N{ARABIC-INDIC DIGIT NINE}d", "36501d", "999999d", "")

    for span in ("90", "12h", "0d", "-1d", *others):
        ran = run("prune_traces", f"--older-than={span}")

        assert ran.code == 1, span
        assert "must be days such as 90d, from 1d to 36500d" in ran.err, span
    assert TraceRecord.objects.get() == kept


def test_progress_is_shown_on_a_terminal_alone() -> None:
    started_many(600, days_ago=91)
    assert run("prune_traces", err=Terminal()).err == "\r500 of 600\n"

    started_many(600, days_ago=91)
    assert run("prune_traces").err == ""


def test_ctrl_c_ends_it_with_what_was_done() -> None:
    started_many(1_100, days_ago=91)

    ran = run("prune_traces", err=Terminal(on_progress=ctrl_c))

    assert (ran.code, ran.out) == (130, "")
    assert ran.err.splitlines()[-1] == (
        "Stopped. At least 500 traces had been deleted, each batch whole or not at all. Run it again to go on."
    )
    assert TraceRecord.objects.count() == 600


def test_a_database_that_fails_is_told_without_its_text() -> None:
    with connection.execute_wrapper(database_that_fails):
        ran = run("prune_traces")

    assert ran.code == 2
    assert ran.err.startswith("The ledger failed (OperationalError). At least 0 traces had been deleted")
    assert "canary" not in ran.err


@pytest.mark.django_db(transaction=True)
def test_others_write_while_it_deletes() -> None:
    started_many(1_100, days_ago=91)
    written = []

    def write() -> None:
        written.append(in_another_connection(started))

    assert run("prune_traces", err=Terminal(on_progress=write)).code == 0
    assert {trace.pk for trace in TraceRecord.objects.all()} == {trace.pk for trace in written}
    assert len(written) == 2


def test_a_few_are_deleted_at_once_and_the_oldest_go_first(at_once: int) -> None:
    started_many(at_once + 1, days_ago=91)
    started_many(at_once, days_ago=300)
    batches = prune(timezone.now() - timedelta(days=90))

    assert next(batches) == at_once
    assert not TraceRecord.objects.filter(started_at__lt=timezone.now() - timedelta(days=200)).exists()
    assert list(batches) == [at_once, 1]
    assert not TraceRecord.objects.exists()
