"""Group commit on SQLite: threads that write at a time share a transaction, and no one else's fault."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial
from threading import get_ident

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from config.sqlite.base import DatabaseWrapper
from tests.ledger.rows import COMPLETED, LATER, NOW, RUNNING_ROW, in_another_connection, open_row, opening
from tests.ledger.waiting import behind_a_writer, in_this_thread
from traces.codes import Status
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


def test_who_comes_meanwhile_is_written_by_one_thread_and_told_its_own_number(group: GroupCommit) -> None:
    rows = [open_row().pk for _ in range(6)]
    writers: list[int] = []

    def work(each: str) -> int:
        writers.append(get_ident())
        return mark(each, "2.0.0")

    calls = [partial(group.commit, partial(work, each)) for each in [*rows, "trace_of_nobody"]]
    with behind_a_writer(group, calls) as waiting:
        told = [each.result(30) for each in waiting]

    assert told == [1] * 6 + [0]
    assert (len(writers), len(set(writers))) == (7, 1)
    assert TraceRecord.objects.filter(release="2.0.0").count() == 6


def test_a_fault_of_one_is_told_to_it_alone_and_undoes_nothing_of_the_others(group: GroupCommit) -> None:
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
    """As SQLite does by itself when the disk is full."""
    with connection.cursor() as cursor:
        cursor.execute("ROLLBACK")
    raise OperationalError("database or disk is full")


def is_refused_by_the_orm() -> int:
    """Django rolls back in the end, without a word, what it has marked so."""
    TraceRecord(**{**RUNNING_ROW, "trace_id": new_trace_id(), "source": "nobody"}).save(force_insert=True)
    return 1


def is_refused_unseen() -> int:
    with suppress(IntegrityError):
        is_refused_by_the_orm()
    return 1


def is_refused_at_the_commit() -> int:
    """A foreign key is looked at no earlier."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO auth_user_groups (user_id, group_id) VALUES (999, 999)")
    return 1


def is_stopped() -> int:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("stops", "told"),
    [
        (ends_the_transaction, OperationalError),
        (is_refused_by_the_orm, OperationalError),
        (is_refused_unseen, OperationalError),
        (is_refused_at_the_commit, IntegrityError),
        (is_stopped, KeyboardInterrupt),
    ],
)
def test_where_the_transaction_is_lost_no_one_is_told_that_it_was_written(
    group: GroupCommit, stops: Work, told: type[BaseException]
) -> None:
    rows = [open_row().pk for _ in range(4)]

    works: list[Work] = [partial(mark, each, "2.0.0") for each in rows]
    works.insert(2, stops)
    with behind_a_writer(group, [partial(group.commit, work) for work in works]) as waiting:
        faults = [each.exception(30) for each in waiting]

    assert {type(fault) for fault in faults} | {told} == {OperationalError, told}
    assert group._waiting == []
    assert TraceRecord.objects.filter(release="2.0.0").count() == 0
    assert in_another_connection(lambda: group.commit(partial(mark, rows[0], "2.0.0"))) == 1


def test_who_waits_while_the_database_is_locked_is_told_with_the_one_who_asked_it(
    group: GroupCommit, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, begun = open_row().pk, list[DatabaseWrapper]()
    begin = DatabaseWrapper._start_transaction_under_autocommit

    def note(asker: DatabaseWrapper) -> None:
        begun.append(asker)
        begin(asker)

    def ask(release: str) -> int:
        return group.commit(partial(mark, row, release))

    with transaction.atomic(), ThreadPoolExecutor(max_workers=6) as threads:
        TraceRecord.objects.filter(pk=row).update(release="1.0.0")
        monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 1)
        monkeypatch.setattr(DatabaseWrapper, "_start_transaction_under_autocommit", note)
        waiting = [threads.submit(in_this_thread, partial(ask, "2.0.0")) for _ in range(6)]
        faults = [type(each.exception(30)) for each in waiting]

    assert faults == [OperationalError] * 6
    assert 0 < len(begun) < 6
    assert in_another_connection(partial(ask, "3.0.0")) == 1
    assert TraceRecord.objects.get().release == "3.0.0"


def test_the_writes_of_the_ledger_wait_in_the_group() -> None:
    group = group_commit("default")

    with behind_a_writer(group, [lambda: open_row().pk for _ in range(4)]) as opening:
        rows = {each.result(30) for each in opening}
    with behind_a_writer(group, [partial(close, row) for row in rows]) as closing:
        told = [each.result(30) for each in closing]

    assert (len(rows), told) == (4, [Status.COMPLETED] * 4)
    assert TraceRecord.objects.filter(pk__in=rows, status=Status.COMPLETED).count() == 4


def test_who_admits_a_row_sees_those_that_its_own_group_has_opened_before() -> None:
    def at_most_two(_at: datetime) -> None:
        if TraceRecord.objects.count() >= 2:
            raise TooMany

    calls = [lambda: TraceRecord.objects.open(opening(), at=NOW, admit=at_most_two) for _ in range(5)]
    with behind_a_writer(group_commit("default"), calls) as waiting:
        faults = [type(each.exception(30)) for each in waiting]

    assert Counter(faults) == {type(None): 2, TooMany: 3}
    assert TraceRecord.objects.count() == 2


class TooMany(Exception):
    """What keeps a row out."""


def close(row: str) -> str:
    trace = TraceRecord(trace_id=row, started_at=NOW)
    trace.close(COMPLETED, at=LATER)
    return trace.status
