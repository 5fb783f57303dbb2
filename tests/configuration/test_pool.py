"""PostgreSQL's pool lends no connection that the server has ended, and asks the server only where there is a sign."""

import select
from collections.abc import Iterator
from contextlib import closing
from typing import cast
from unittest.mock import patch

import psycopg
import pytest
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper
from psycopg_pool import ConnectionPool

from tests.ledger.rows import open_row
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db(transaction=True)

Lent = psycopg.Connection[tuple[object, ...]]


@pytest.fixture(autouse=True)
def pool_of_one(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the pool have one connection, which this thread holds."""
    if connection.vendor != "postgresql":
        pytest.skip("a file has no server that could go")
    lender = cast("DatabaseWrapper", connection)
    monkeypatch.setitem(lender.settings_dict["OPTIONS"], "pool", {"min_size": 1, "max_size": 1, "timeout": 5})
    lender.close()
    lender.close_pool()
    lender.ensure_connection()
    yield
    lender.close()
    lender.close_pool()


@pytest.fixture
def asked() -> Iterator[list[Lent]]:
    """Over which connections the server was asked whether it is there."""
    check, connections = ConnectionPool.check_connection, list[Lent]()

    def ask(lent: Lent) -> None:
        connections.append(lent)
        check(lent)

    with patch.object(ConnectionPool, "check_connection", staticmethod(ask)):
        yield connections


def from_outside(statement: str) -> None:
    info = connection.connection.info
    with closing(psycopg.connect(info.dsn, password=info.password, autocommit=True)) as outside:
        outside.cursor().execute(statement.encode())


def say_news() -> None:
    """Let the server say something over the connection that is lent now, and leave it with that unread."""
    before = connection.connection
    connection.cursor().execute("LISTEN news")
    from_outside("NOTIFY news")
    assert select.select([before], [], [], 5)[0], "news comes on its own way, after who sent it has his answer"


def lent_again() -> Lent:
    connection.close()
    connection.ensure_connection()
    lent: Lent = connection.connection
    return lent


def test_a_connection_that_the_server_has_ended_is_replaced(asked: list[Lent]) -> None:
    before = connection.connection
    from_outside(f"SELECT pg_terminate_backend({before.info.backend_pid}, 5000)")
    connection.close()

    row = open_row()

    assert TraceRecord.objects.get().pk == row.pk
    assert asked == [before]


def test_a_connection_is_lent_again_without_a_question(asked: list[Lent]) -> None:
    before = connection.connection

    assert [lent_again() for _ in range(3)] == [before] * 3
    assert asked == []


def test_who_only_said_something_is_asked_and_stays(asked: list[Lent]) -> None:
    before = connection.connection
    say_news()

    assert [lent_again() for _ in range(2)] == [before] * 2
    assert asked == [before]


def test_who_answers_by_a_fault_of_any_kind_is_replaced_and_its_place_is_not_lost() -> None:
    """A server or a pooler may say farewell by more codes than the one for a shutdown."""
    before = connection.connection
    say_news()
    with patch.object(ConnectionPool, "check_connection", side_effect=psycopg.errors.InternalError_):
        after = lent_again()

    assert before not in {after, *[lent_again() for _ in range(2)]}
    assert open_row().pk == TraceRecord.objects.get().pk
