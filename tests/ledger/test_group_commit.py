"""Group commit on SQLite: threads that write at the same time share a transaction, but not a fault."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial
from threading import Barrier, Event, get_ident
from time import monotonic, sleep

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from config.sqlite.base import DatabaseWrapper
from tests.ledger.rows import COMPLETED, LATER, NOW, RUNNING_ROW, in_another_connection, open_row, opening
from tests.ledger.waiting import behind_a_writer, in_this_thread
from traces.codes import Status
from traces.deadlines import deadline
from traces.group_commit import GroupCommit, group_commit
from traces.identifiers import new_trace_id
from traces.models import TraceRecord

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

MARK = "UPDATE traces_tracerecord SET release = %s WHERE trace_id = %s"
Work = Callable[[], int]


def mark(trace_id: str, release: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(MARK, [release, trace_id])
        return int(cursor.rowcount)


@pytest.fixture
def group() -> GroupCommit:
    return GroupCommit("default")


def test_one_thread_writes_for_all_waiting_threads_and_each_gets_its_own_count(group: GroupCommit) -> None:
    rows = [open_row().pk for _ in range(6)]
    writers: list[int] = []

    def work(each: str) -> int:
        writers.append(get_ident())
        return mark(each, "2.0.0")

    calls = [partial(group.commit, partial(work, each)) for each in [*rows, "trace_of_no_row"]]
    with behind_a_writer(group, calls) as waiting:
        results = [each.result(30) for each in waiting]

    assert results == [1] * 6 + [0]
    assert (len(writers), len(set(writers))) == (7, 1)
    assert TraceRecord.objects.filter(release="2.0.0").count() == 6


def test_a_fault_reaches_only_its_own_thread_and_undoes_no_other_write(group: GroupCommit) -> None:
    first, second = open_row().pk, open_row().pk
    twin = "INSERT INTO traces_tracerecord SELECT * FROM traces_tracerecord WHERE trace_id = %s"

    def write_twin() -> int:
        with connection.cursor() as cursor:
            cursor.execute(twin, [first])
        return 1

    works: list[Work] = [partial(mark, first, "2.0.0"), write_twin, partial(mark, second, "2.0.0")]
    with behind_a_writer(group, [partial(group.commit, work) for work in works]) as waiting:
        assert isinstance(waiting[1].exception(30), IntegrityError)
        assert [waiting[0].result(30), waiting[2].result(30)] == [1, 1]

    assert TraceRecord.objects.filter(release="2.0.0").count() == 2


def ends_the_transaction() -> int:
    """Roll back as SQLite does by itself when the disk is full."""
    with connection.cursor() as cursor:
        cursor.execute("ROLLBACK")
    raise OperationalError("database or disk is full")


def is_refused_by_the_orm() -> int:
    """Let Django mark the transaction, which it then rolls back at its end without an error."""
    TraceRecord(**{**RUNNING_ROW, "trace_id": new_trace_id(), "source": "unknown"}).save(force_insert=True)
    return 1


def is_refused_unseen() -> int:
    with suppress(IntegrityError):
        is_refused_by_the_orm()
    return 1


def is_refused_at_the_commit() -> int:
    """Break a foreign key, which is checked at the commit."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO auth_user_groups (user_id, group_id) VALUES (999, 999)")
    return 1


def is_stopped() -> int:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("stops", "expected"),
    [
        (ends_the_transaction, OperationalError),
        (is_refused_by_the_orm, OperationalError),
        (is_refused_unseen, OperationalError),
        (is_refused_at_the_commit, IntegrityError),
        (is_stopped, KeyboardInterrupt),
    ],
)
def test_every_thread_fails_if_the_transaction_is_lost(
    group: GroupCommit, stops: Work, expected: type[BaseException]
) -> None:
    rows = [open_row().pk for _ in range(4)]

    works: list[Work] = [partial(mark, each, "2.0.0") for each in rows]
    works.insert(2, stops)
    with behind_a_writer(group, [partial(group.commit, work) for work in works]) as waiting:
        faults = [each.exception(30) for each in waiting]

    assert {type(fault) for fault in faults} | {expected} == {OperationalError, expected}
    assert group._waiting == []
    assert TraceRecord.objects.filter(release="2.0.0").count() == 0
    assert in_another_connection(lambda: group.commit(partial(mark, rows[0], "2.0.0"))) == 1


def test_threads_that_wait_for_a_locked_database_fail_together(
    group: GroupCommit, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, begun = open_row().pk, list[DatabaseWrapper]()
    begin = DatabaseWrapper._start_transaction_under_autocommit

    def note(asker: DatabaseWrapper) -> None:
        begun.append(asker)
        begin(asker)

    def ask(release: str) -> int:
        return group.commit(partial(mark, row, release))

    def ask_together() -> int:
        together.wait(30)
        return ask("2.0.0")

    together = Barrier(6)
    with transaction.atomic(), ThreadPoolExecutor(max_workers=6) as threads:
        TraceRecord.objects.filter(pk=row).update(release="1.0.0")
        monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 1)
        monkeypatch.setattr(DatabaseWrapper, "_start_transaction_under_autocommit", note)
        waiting = [threads.submit(in_this_thread, ask_together) for _ in range(6)]
        faults = [type(each.exception(30)) for each in waiting]

    assert faults == [OperationalError] * 6
    assert 0 < len(begun) < 6
    assert in_another_connection(partial(ask, "3.0.0")) == 1
    assert TraceRecord.objects.get().release == "3.0.0"


def test_each_thread_waits_for_its_own_time(group: GroupCommit) -> None:
    """Whoever leads the group, and whoever waits for another's commit."""
    row, started, seconds = open_row().pk, Event(), dict[str, float]()

    def write_within(limit: float, release: str) -> int:
        started.set()
        began = monotonic()
        try:
            with deadline(limit):
                return group.commit(partial(mark, row, release))
        finally:
            seconds[release] = monotonic() - began

    with ThreadPoolExecutor(max_workers=4) as threads:
        with transaction.atomic():
            TraceRecord.objects.filter(pk=row).update(release="1.0.0")
            leader = threads.submit(in_this_thread, partial(write_within, 0.6, "2.0.0"))
            started.wait(30)
            hasty = threads.submit(in_this_thread, partial(write_within, 0.2, "3.0.0"))
            patient = threads.submit(in_this_thread, partial(write_within, 30, "4.0.0"))
            faults = [type(each.exception(30)) for each in (leader, hasty)]
        assert patient.result(30) == 1

    assert faults == [OperationalError] * 2
    assert 0.2 <= seconds["3.0.0"] < 0.6 <= seconds["2.0.0"] < 5
    assert group._waiting == []
    assert TraceRecord.objects.get().release == "4.0.0"


def test_a_thread_whose_work_was_taken_waits_for_its_outcome(group: GroupCommit) -> None:
    row = open_row().pk

    def slowly() -> int:
        sleep(0.3)
        return 1

    def write() -> int:
        with deadline(0.1):
            return group.commit(partial(mark, row, "2.0.0"))

    calls: list[Work] = [write, partial(group.commit, slowly)]
    with behind_a_writer(group, calls) as waiting:
        assert [each.result(30) for each in waiting] == [1, 1]

    assert TraceRecord.objects.get().release == "2.0.0"


def test_the_writes_of_the_ledger_wait_in_the_group() -> None:
    group = group_commit("default")

    with behind_a_writer(group, [lambda: open_row().pk for _ in range(4)]) as opening:
        rows = {each.result(30) for each in opening}
    with behind_a_writer(group, [partial(close, row) for row in rows]) as closing:
        results = [each.result(30) for each in closing]

    assert (len(rows), results) == (4, [Status.COMPLETED] * 4)
    assert TraceRecord.objects.filter(pk__in=rows, status=Status.COMPLETED).count() == 4


def test_admission_sees_the_rows_that_the_same_group_opened_before() -> None:
    def at_most_two(_at: datetime) -> None:
        if TraceRecord.objects.count() >= 2:
            raise TooMany

    calls = [lambda: TraceRecord.objects.open(opening(), at=NOW, admit=at_most_two) for _ in range(5)]
    with behind_a_writer(group_commit("default"), calls) as waiting:
        faults = [type(each.exception(30)) for each in waiting]

    assert Counter(faults) == {type(None): 2, TooMany: 3}
    assert TraceRecord.objects.count() == 2


class TooMany(Exception):
    """Refuses a row."""


def close(row: str) -> str:
    trace = TraceRecord(trace_id=row, started_at=NOW)
    trace.close(COMPLETED, at=LATER)
    return trace.status
