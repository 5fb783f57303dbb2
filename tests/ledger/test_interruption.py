"""A row that was left running is closed by its first reader after the time of grace, and not earlier."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from tests.ledger.rows import COMPLETED, NOW, closed_row, open_row, stored
from traces.codes import Status
from traces.models import TraceAlreadyClosed, TraceRecord

pytestmark = pytest.mark.django_db

DEADLINE, GRACE = timedelta(seconds=3), timedelta(seconds=7)
OVERDUE = NOW + DEADLINE + GRACE + timedelta(milliseconds=1)

TOO_EARLY = {
    "at once": timedelta(0),
    "past its deadline": DEADLINE + timedelta(milliseconds=1),
    "past the grace alone": GRACE + timedelta(milliseconds=1),
    "at the end of its grace": DEADLINE + GRACE,
    "a clock set back": timedelta(days=-1),
}


@pytest.fixture(autouse=True)
def allowance(settings: Settings) -> None:
    settings.DECISION_DEADLINE_SECONDS = DEADLINE.total_seconds()
    settings.INTERRUPTED_GRACE_SECONDS = GRACE.total_seconds()


def close_interrupted() -> str:
    output = StringIO()
    call_command("close_interrupted", stdout=output)
    return output.getvalue()


def test_an_overdue_row_is_closed_as_interrupted() -> None:
    trace = open_row()

    assert TraceRecord.objects.close_interrupted(at=OVERDUE) == 1
    assert stored(trace).items() >= {"status": "failed", "error_code": "interrupted", "finished_at": OVERDUE}.items()


@pytest.mark.parametrize("passed", TOO_EARLY.values(), ids=TOO_EARLY)
def test_a_row_is_not_closed_before_deadline_and_grace_are_over(passed: timedelta) -> None:
    trace = open_row()

    assert TraceRecord.objects.close_interrupted(at=NOW + passed) == 0
    assert TraceRecord.objects.read(trace.pk, at=NOW + passed).status == stored(trace)["status"] == Status.RUNNING


def test_a_terminal_row_is_never_closed_as_interrupted() -> None:
    trace = closed_row()
    before = stored(trace)

    assert TraceRecord.objects.close_interrupted(at=OVERDUE) == 0
    assert TraceRecord.objects.read(trace.pk, at=OVERDUE).status == Status.COMPLETED
    assert stored(trace) == before


@pytest.mark.parametrize(("overdue", "counted"), [(0, "0 interrupted traces"), (1, "1 interrupted trace")])
def test_the_command_closes_overdue_rows_and_counts_them(overdue: int, counted: str) -> None:
    for _ in range(overdue):
        open_row(at=timezone.now() - DEADLINE - GRACE - timedelta(seconds=1))
    young = open_row(at=timezone.now())

    assert close_interrupted() == f"Closed {counted}.\n"
    assert TraceRecord.objects.filter(error_code="interrupted").count() == overdue
    assert stored(young)["status"] == Status.RUNNING
    assert close_interrupted() == "Closed 0 interrupted traces.\n"


def test_a_read_closes_an_overdue_row_and_no_other() -> None:
    trace, other = open_row(), open_row()

    seen = TraceRecord.objects.read(trace.pk, at=OVERDUE)

    assert (seen.status, seen.error_code, seen.finished_at) == ("failed", "interrupted", OVERDUE)
    assert stored(trace).items() >= {"status": "failed", "error_code": "interrupted", "finished_at": OVERDUE}.items()
    assert stored(other)["status"] == Status.RUNNING


def test_a_read_of_an_unknown_row_raises() -> None:
    with pytest.raises(TraceRecord.DoesNotExist):
        TraceRecord.objects.read("trace_" + "0" * 26, at=NOW)


def test_a_read_that_loses_the_race_shows_what_the_winner_wrote() -> None:
    trace = open_row()

    with just_before_an_update(lambda: trace.close(COMPLETED, at=OVERDUE)):
        seen = TraceRecord.objects.read(trace.pk, at=OVERDUE)

    assert stored(trace)["status"] == Status.COMPLETED
    assert seen.status == Status.COMPLETED


def test_a_late_answer_loses_against_the_interruption() -> None:
    trace = open_row()
    TraceRecord.objects.close_interrupted(at=OVERDUE)
    before = stored(trace)

    with pytest.raises(TraceAlreadyClosed):
        trace.close(COMPLETED, at=OVERDUE + timedelta(seconds=1))

    assert stored(trace) == before


def just_before_an_update(act: Callable[[], object]) -> AbstractContextManager[None]:
    """Call `act` once, between a reader's SELECT and its UPDATE."""
    waiting = [act]

    def watch(execute: Callable[..., Any], sql: str, *more: Any) -> object:
        if sql.startswith("UPDATE") and waiting:
            waiting.pop()()
        return execute(sql, *more)

    return connection.execute_wrapper(watch)
