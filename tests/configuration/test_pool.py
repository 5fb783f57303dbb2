"""PostgreSQL's pool never returns a connection that the server ended, and queries the server only if it sent data."""

import select
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import copy_context
from time import monotonic, sleep
from typing import cast
from unittest.mock import patch

import psycopg
import pytest
from django.db import OperationalError, connection
from django.db.backends.postgresql.base import DatabaseWrapper
from psycopg_pool import ConnectionPool
from pytest_django import Settings

from tests.ledger.rows import open_row
from tests.ledger.waiting import in_this_thread
from traces.deadlines import deadline
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db(transaction=True)

Connection = psycopg.Connection[tuple[object, ...]]


@pytest.fixture(autouse=True)
def pool_of_one(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the pool one connection, which this thread holds."""
    if connection.vendor != "postgresql":
        pytest.skip("a file has no server that could end a connection")
    wrapper = cast("DatabaseWrapper", connection)
    monkeypatch.setitem(wrapper.settings_dict["OPTIONS"], "pool", {"min_size": 1, "max_size": 1, "timeout": 5})
    wrapper.close()
    wrapper.close_pool()
    wrapper.ensure_connection()
    yield
    wrapper.close()
    wrapper.close_pool()


@pytest.fixture
def checked() -> Iterator[list[Connection]]:
    """Record the connections over which the server was queried."""
    check, connections = ConnectionPool.check_connection, list[Connection]()

    def record(each: Connection) -> None:
        connections.append(each)
        check(each)

    with patch.object(ConnectionPool, "check_connection", staticmethod(record)):
        yield connections


def from_outside(statement: str) -> None:
    info = connection.connection.info
    with closing(psycopg.connect(info.dsn, password=info.password, autocommit=True)) as outside:
        outside.cursor().execute(statement.encode())


def send_notice() -> None:
    """Let the server send something over the current connection, and leave it unread."""
    before = connection.connection
    connection.cursor().execute("LISTEN news")
    from_outside("NOTIFY news")
    assert select.select([before], [], [], 5)[0], "the notice arrives some time after its sender has an answer"


def reconnect() -> Connection:
    connection.close()
    connection.ensure_connection()
    current: Connection = connection.connection
    return current


def test_a_connection_that_the_server_ended_is_replaced(checked: list[Connection]) -> None:
    before = connection.connection
    from_outside(f"SELECT pg_terminate_backend({before.info.backend_pid}, 5000)")
    connection.close()

    row = open_row()

    assert TraceRecord.objects.get().pk == row.pk
    assert checked == [before]


def test_a_connection_is_reused_and_checked_only_if_it_has_unread_data(checked: list[Connection]) -> None:
    before = connection.connection

    assert [reconnect() for _ in range(3)] == [before] * 3
    assert checked == []
    send_notice()
    assert [reconnect() for _ in range(2)] == [before] * 2
    assert checked == [before]


def test_what_a_request_waits_for_ends_with_its_clock() -> None:
    began = monotonic()
    with deadline(0.5):
        reconnect()
        with pytest.raises(OperationalError):
            connection.cursor().execute("SELECT pg_sleep(3)")
        with pytest.raises(OperationalError, match="time is over"):
            reconnect()
    with deadline(0.5), ThreadPoolExecutor(1) as other:
        # The pool has one connection.
        reconnect()
        waiting = other.submit(copy_context().run, in_this_thread, open_row)
        assert isinstance(waiting.exception(10), OperationalError)

    assert monotonic() - began < 3
    reconnect()
    assert open_row().pk == TraceRecord.objects.get().pk


def test_the_server_gives_up_a_lock_before_the_clock_ends_and_the_connection_stays(settings: Settings) -> None:
    settings.DECISION_DEADLINE_SECONDS = 1
    info = reconnect().info
    with closing(psycopg.connect(info.dsn)) as outside:
        outside.execute("LOCK TABLE traces_tracerecord")
        with deadline(20):
            before = reconnect()
            with pytest.raises(OperationalError, match="lock timeout"):
                open_row()
    with deadline(20):
        assert reconnect() is before
        assert open_row().pk == TraceRecord.objects.get().pk


def test_a_connection_stays_after_the_clock_of_its_request() -> None:
    with deadline(0.2):
        reconnect()
    sleep(0.5)

    assert open_row().pk == TraceRecord.objects.get().pk


def test_a_command_has_no_bound() -> None:
    connection.cursor().execute("SELECT pg_sleep(0.1)")

    for name in ("statement_timeout", "lock_timeout"):
        with connection.cursor() as cursor:
            cursor.execute(f"SHOW {name}")
            assert cursor.fetchone() == ("0",)


def test_a_connection_whose_check_fails_is_replaced_and_the_pool_stays_full() -> None:
    """A server or a pooler may end a connection with other codes than the one for a shutdown."""
    before = connection.connection
    send_notice()
    with patch.object(ConnectionPool, "check_connection", side_effect=psycopg.errors.InternalError_):
        after = reconnect()

    assert before not in {after, *[reconnect() for _ in range(2)]}
    assert open_row().pk == TraceRecord.objects.get().pk
