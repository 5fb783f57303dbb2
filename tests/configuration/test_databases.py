"""DATABASE_URL, and the settings of SQLite."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from config.databases import BUSY_TIMEOUT_SECONDS, CONNECT_TIMEOUT_SECONDS, KEEPALIVE, database_from_url
from config.sqlite.base import PAUSE_SECONDS

POSTGRESQL = {
    "everything": (
        "postgresql://ada:secret@db.example:6543/ledger",
        {"NAME": "ledger", "USER": "ada", "PASSWORD": "secret", "HOST": "db.example", "PORT": "6543"},
        {},
    ),
    "the short scheme": ("postgres://db.example/ledger", {"NAME": "ledger", "HOST": "db.example"}, {}),
    "a name alone": ("postgresql:///ledger", {"NAME": "ledger"}, {}),
    "a socket's folder": ("postgresql:///ledger?host=/run/pg", {"NAME": "ledger", "HOST": "/run/pg"}, {}),
    "a socket's folder, escaped": ("postgresql://%2Frun%2Fpg/ledger", {"NAME": "ledger", "HOST": "/run/pg"}, {}),
    "an escaped password": (
        "postgresql://ada:p%40ss%2Fw%3Ard%25@db/ledger",
        {"NAME": "ledger", "USER": "ada", "PASSWORD": "p@ss/w:rd%", "HOST": "db"},
        {},
    ),
    "options": (
        "postgresql://db/ledger?sslmode=verify-full&application_name=rotation&connect_timeout=2",
        {"NAME": "ledger", "HOST": "db"},
        {"sslmode": "verify-full", "application_name": "rotation", "connect_timeout": "2"},
    ),
    "an IPv6 address": ("postgresql://[::1]:5433/ledger", {"NAME": "ledger", "HOST": "::1", "PORT": "5433"}, {}),
}


@pytest.fixture
def sqlite(db: None, tmp_path: Path) -> Iterator[BaseDatabaseWrapper]:
    """A SQLite file, opened in the same way as by the service."""
    handler = ConnectionHandler({"default": database_from_url("sqlite:///ledger.sqlite3", base_dir=tmp_path)})
    yield handler["default"]
    handler["default"].close()


def begin(connection: BaseDatabaseWrapper) -> None:
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


def pragma(connection: BaseDatabaseWrapper, name: str) -> object:
    with connection.cursor() as cursor:
        return cursor.execute(f"PRAGMA {name}").fetchone()[0]


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///db.sqlite3", "/base/db.sqlite3"),
        ("sqlite:///data/db.sqlite3", "/base/data/db.sqlite3"),
        ("sqlite:////var/lib/db.sqlite3", "/var/lib/db.sqlite3"),
    ],
    ids=["relative", "relative, in a folder", "absolute"],
)
def test_a_relative_path_starts_at_the_base_folder(url: str, path: str) -> None:
    database = database_from_url(url, base_dir=Path("/base"))

    assert (database["ENGINE"], database["NAME"]) == ("config.sqlite", path)


@pytest.mark.parametrize(("url", "parts", "options"), POSTGRESQL.values(), ids=POSTGRESQL)
def test_a_postgresql_address_is_read_as_by_libpq(url: str, parts: dict[str, str], options: dict[str, Any]) -> None:
    database = database_from_url(url, base_dir=Path("/base"))

    assert database.pop("ENGINE") == "django.db.backends.postgresql"
    assert database.pop("OPTIONS") == {
        "connect_timeout": CONNECT_TIMEOUT_SECONDS,
        **KEEPALIVE,
        **options,
    }
    assert database == parts


@pytest.mark.parametrize(
    "url",
    [
        "",
        "canary",
        "mysql://canary@host/name",
        "sqlite:///",
        "sqlite://canary",
        "postgresql://ada:canary@host",
        "sqlite:canary",
    ],
)
def test_the_error_for_a_bad_address_does_not_repeat_it(url: str) -> None:
    with pytest.raises(ValueError, match=r"^(must be|is not|names no)") as refused:
        database_from_url(url, base_dir=Path("/base"))

    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("journal_mode", "wal"),
        ("foreign_keys", 1),
        ("synchronous", 2),
        ("busy_timeout", BUSY_TIMEOUT_SECONDS * 1000),
    ],
    ids=["WAL", "foreign keys", "FULL", "busy timeout"],
)
def test_sqlite_is_set_up_for_many_writers_and_power_cuts(
    sqlite: BaseDatabaseWrapper, name: str, value: object
) -> None:
    assert pragma(sqlite, name) == value


def test_a_transaction_on_sqlite_takes_the_write_lock_at_once(sqlite: BaseDatabaseWrapper) -> None:
    with sqlite.cursor() as cursor:
        cursor.execute("CREATE TABLE row (id integer)")
    begin(sqlite)
    other = sqlite3.connect(sqlite.settings_dict["NAME"], timeout=0, isolation_level=None)

    with pytest.raises(sqlite3.OperationalError, match="database is locked"):
        other.execute("BEGIN IMMEDIATE")

    other.close()
    sqlite.rollback()


def test_a_writer_tries_for_the_lock_at_equal_short_intervals(
    sqlite: BaseDatabaseWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite.ensure_connection()
    pauses, writer = list[float](), sqlite3.connect(sqlite.settings_dict["NAME"], isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 200:
            writer.execute("COMMIT")

    monkeypatch.setattr("config.sqlite.base.sleep", pause)
    begin(sqlite)

    assert sqlite.connection.in_transaction
    assert pauses == [PAUSE_SECONDS] * 200
    assert pragma(sqlite, "busy_timeout") == BUSY_TIMEOUT_SECONDS * 1000
    writer.close()


def test_a_writer_that_does_not_get_the_lock_fails_after_the_timeout(
    sqlite: BaseDatabaseWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite.ensure_connection()
    writer = sqlite3.connect(sqlite.settings_dict["NAME"], isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    monkeypatch.setitem(sqlite.settings_dict["OPTIONS"], "timeout", 0.05)

    with pytest.raises(OperationalError, match="database is locked"):
        begin(sqlite)

    assert pragma(sqlite, "busy_timeout") == 50
    writer.execute("COMMIT")
    begin(sqlite)
    writer.close()


def test_a_transaction_that_fails_for_another_reason_is_not_repeated(
    sqlite: BaseDatabaseWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.sqlite.base.sleep", lambda _: pytest.fail("it waited"))
    begin(sqlite)

    with pytest.raises(OperationalError, match="within a transaction"):
        begin(sqlite)


def test_sqlite_refuses_a_broken_foreign_key(sqlite: BaseDatabaseWrapper) -> None:
    with sqlite.cursor() as cursor:
        cursor.execute("CREATE TABLE parent (id integer PRIMARY KEY)")
        cursor.execute("CREATE TABLE child (parent integer REFERENCES parent)")

        with pytest.raises(IntegrityError):
            cursor.execute("INSERT INTO child VALUES (7)")
