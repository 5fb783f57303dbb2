"""PostgreSQL's ways to refuse are told apart, and no sentence repeats a name or a password."""

import socket
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db.utils import ConnectionHandler

from config.databases import database_from_url
from tests.ports import free_port
from tests.postgresql import Cluster, cluster
from traces import connections
from traces.connections import REFUSALS, why_refused

pytestmark = pytest.mark.any_database

RULES = """
local all postgres trust
local all missing_canary trust
host all ada_canary 127.0.0.1/32 scram-sha-256
hostssl all tls_canary 127.0.0.1/32 scram-sha-256
"""
LIMIT = 6


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    """A server that knows one user with a password, and another one who may come over TLS only."""
    port = free_port()
    options = ("--listen-addresses=127.0.0.1", f"--max-connections={LIMIT}", "--superuser-reserved-connections=0")
    with cluster(*options, port=port) as running:
        with psycopg.connect(running.url, autocommit=True) as connection:
            for name in ("ada_canary", "tls_canary"):
                connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'right_canary'")
            (running.data / "pg_hba.conf").write_text(RULES)
        running.stop()
        running.start()
        yield running


def refusal(url: str) -> str:
    database = ConnectionHandler({"default": database_from_url(url, base_dir=Path())})["default"]
    return why_refused(database)


@pytest.mark.parametrize(
    ("who", "where", "expected"),
    [
        ("ada_canary:right_canary", "postgres", ""),
        ("ada_canary:wrong_canary", "postgres", "It refuses the user or the password of DATABASE_URL."),
        ("ada_canary", "postgres", "It asks for a password, and DATABASE_URL has none."),
        ("ada_canary:right_canary", "missing_canary", REFUSALS[r'database ".*" does not exist']),
        (
            "other_canary:right_canary",
            "postgres?sslmode=disable",
            "It lets this user in over TLS, if at all",
        ),
        ("tls_canary:right_canary", "postgres?sslmode=disable", "It lets this user in over TLS, if at all"),
        ("ada_canary:right_canary", "postgres?sslmode=require", "DATABASE_URL asks for TLS, and the server has none."),
    ],
)
def test_what_a_server_refuses_is_named(server: Cluster, who: str, where: str, expected: str) -> None:
    sentence = refusal(f"postgresql://{who}@127.0.0.1:{server.port}/{where}")

    assert sentence.startswith(expected)
    assert bool(sentence) == bool(expected)
    assert "canary" not in sentence


@pytest.mark.parametrize(("user", "expected"), [("missing_canary", "It has no such user."), ("x", "Its pg_hba.conf")])
def test_a_user_whom_a_socket_does_not_know_is_named(server: Cluster, user: str, expected: str) -> None:
    assert refusal(f"postgresql:///postgres?host={server.folder}&port={server.port}&user={user}").startswith(expected)


def test_a_server_with_too_many_connections_is_named(server: Cluster) -> None:
    held = [psycopg.connect(server.url) for _ in range(LIMIT)]

    sentence = refusal(server.url)

    for each in held:
        each.close()
    assert sentence == connections.TOO_MANY


def test_a_server_that_is_not_there_is_named() -> None:
    assert refusal(f"postgresql://ada@127.0.0.1:{free_port()}/x") == connections.NOBODY_LISTENS
    assert refusal("postgresql:///x?host=/no-such-folder") == connections.NOBODY_LISTENS
    for host in ("no-such-host.invalid", "no..such", "x" * 80):
        assert refusal(f"postgresql://ada@{host}/x") == connections.UNKNOWN_HOST, host


def test_a_bad_option_is_not_laid_on_the_server() -> None:
    sentence = refusal("postgresql://ada@127.0.0.1/x?sslmode=canary")

    assert sentence == "DATABASE_URL has an option that is not valid."


def test_a_server_that_does_not_answer_is_named() -> None:
    """Nobody accepts from this listener, so the client waits for the first byte."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://ada@127.0.0.1:{silent.getsockname()[1]}/x?connect_timeout=2"
        assert refusal(url) == connections.UNREACHABLE


def test_what_no_table_names_points_to_the_servers_log(server: Cluster) -> None:
    assert refusal(f"{server.url}&options=-cno_such_setting%3D1") == connections.UNKNOWN
