"""One submission key of one submitter makes one row, however often it is sent."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from tests.ledger.rows import COMPLETED, FAILED, NOW, RUNNING_ROW, closed_row, insert, open_row, stored
from traces.codes import Status
from traces.entries import Ending
from traces.models import AlreadySubmitted, TraceRecord, longest_run
from traces.statements import RowExists

pytestmark = pytest.mark.django_db

KEY = "key-of-a-submission"


def repeat(at: datetime = NOW, **changes: str) -> AlreadySubmitted:
    with pytest.raises(AlreadySubmitted) as repeated:
        open_row(submission_key=KEY, at=at, **changes)
    return repeated.value


def test_a_key_sent_twice_makes_one_row() -> None:
    first = open_row(submission_key=KEY)
    before = stored(first)

    repeated = repeat(account_id="acct_99999")

    assert repeated.earlier == first
    assert TraceRecord.objects.values().get() == before
    assert str(repeated) == ""
    assert repeated.__suppress_context__


@pytest.mark.parametrize("ending", [COMPLETED, FAILED], ids=["completed", "failed"])
def test_a_repeated_key_carries_the_earlier_row(ending: Ending) -> None:
    first = closed_row(ending, submission_key=KEY)

    earlier = repeat(NOW + timedelta(days=1)).earlier

    assert stored(earlier) == stored(first)
    assert (earlier.status, earlier.decision) == (first.status, first.decision)


def test_an_earlier_row_is_closed_when_it_is_overdue() -> None:
    first = open_row(submission_key=KEY)

    young = repeat(NOW + longest_run()).earlier
    assert young.status == stored(first)["status"] == Status.RUNNING

    overdue = repeat(NOW + longest_run() + timedelta(milliseconds=1)).earlier
    assert overdue.error_code == stored(first)["error_code"] == "interrupted"


def test_key_sent_twice_is_no_error_of_the_database() -> None:
    """PostgreSQL would log it, with the key."""
    faults = list[Exception]()

    def note_faults(execute: Callable[..., Any], *query: Any) -> object:
        try:
            return execute(*query)
        except Exception as fault:
            faults.append(fault)
            raise

    open_row(submission_key=KEY)
    with connection.execute_wrapper(note_faults):
        repeat()

    assert faults == []


def test_trace_id_sent_twice_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    earlier = open_row().pk
    monkeypatch.setattr("traces.models.new_trace_id", lambda: earlier)

    with pytest.raises(IntegrityError) as refused:
        open_row(submission_key=KEY)

    assert not isinstance(refused.value, RowExists)


def test_other_submissions_do_not_collide() -> None:
    for key, submitter in ((None, "user:7"), (None, "user:7"), (KEY, "user:7"), (KEY + "2", "user:7"), (KEY, "open")):
        open_row(submission_key=key, submitter=submitter)
    open_row(submission_key=KEY.upper())

    assert TraceRecord.objects.count() == 6


def test_the_database_refuses_a_second_row_of_one_key() -> None:
    insert(RUNNING_ROW | {"submission_key": KEY})

    with pytest.raises(IntegrityError), transaction.atomic():
        insert(RUNNING_ROW | {"submission_key": KEY})

    assert TraceRecord.objects.count() == 1


def test_earlier_row_that_is_deleted_meanwhile_is_an_error() -> None:
    def delete_rows_before_they_are_read(execute: Callable[..., Any], sql: str, *more: Any) -> object:
        if sql.startswith("SELECT"):
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM traces_tracerecord")
        return execute(sql, *more)

    open_row(submission_key=KEY)

    with connection.execute_wrapper(delete_rows_before_they_are_read), pytest.raises(RowExists):
        open_row(submission_key=KEY)


@pytest.mark.parametrize("key", [None, KEY], ids=["without a key", "with a key that no row holds"])
def test_another_integrity_error_is_not_taken_for_a_repetition(key: str | None) -> None:
    def refuse_inserts(execute: Callable[..., Any], sql: str, *more: Any) -> object:
        if sql.startswith("INSERT"):
            raise IntegrityError
        return execute(sql, *more)

    open_row(submission_key=None)

    with connection.execute_wrapper(refuse_inserts), pytest.raises(IntegrityError):
        open_row(submission_key=key)
