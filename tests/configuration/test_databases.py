"""DATABASE_URL, and the settings of SQLite."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import IntegrityError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from config.databases import BINDING, BUSY_TIMEOUT_SECONDS, CONNECT_TIMEOUT_SECONDS, KEEPALIVE, database_from_url
from config.sqlite.base import PAUSE_SECONDS
from tests.postgresql import cluster

POSTGRESQL: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "postgresql://ada:secret@db.example:6543/ledger": (
        {"NAME": "ledger", "USER": "ada", "PASSWORD": "secret", "HOST": "db.example", "PORT": "6543"},
        {},
    ),
    "postgres://db.example/ledger": ({"NAME": "ledger", "HOST": "db.example"}, {}),
    "postgresql:///ledger": ({"NAME": "ledger"}, {}),
    "postgresql:///ledger?host=/run/pg": ({"NAME": "ledger", "HOST": "/run/pg"}, {}),
    "postgresql://%2Frun%2Fpg/ledger": ({"NAME": "ledger", "HOST": "/run/pg"}, {}),
    "postgresql://ada:p%40ss%2Fw%3Ard%25@db/ledger": (
        {"NAME": "ledger", "USER": "ada", "PASSWORD": "p@ss/w:rd%", "HOST": "db"},
        {},
    ),
    "postgresql://db/ledger?sslmode=verify-full&application_name=rotation&connect_timeout=2": (
        {"NAME": "ledger", "HOST": "db"},
        {"sslmode": "verify-full", "application_name": "rotation", "connect_timeout": "2"},
    ),
    "postgresql://[::1]:5433/ledger": ({"NAME": "ledger", "HOST": "::1", "PORT": "5433"}, {}),
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


def test_a_relative_path_starts_at_the_base_folder() -> None:
    for path, name in (("db", "/base/db"), ("data/db", "/base/data/db"), ("/var/lib/db", "/var/lib/db")):
        database = database_from_url(f"sqlite:///{path}", base_dir=Path("/base"))
        assert (database["ENGINE"], database["NAME"]) == ("config.sqlite", name)


def test_a_postgresql_address_is_read_as_by_libpq(subtests: pytest.Subtests) -> None:
    for url, (parts, options) in POSTGRESQL.items():
        with subtests.test(url):
            database = database_from_url(url, base_dir=Path("/base"))
            assert database.pop("ENGINE") == "django.db.backends.postgresql"
            defaults = {"connect_timeout": CONNECT_TIMEOUT_SECONDS, **KEEPALIVE, **BINDING}
            assert database.pop("OPTIONS") == defaults | options
            assert database == parts


def test_sqlite_is_set_up_for_many_writers_and_power_cuts(sqlite: BaseDatabaseWrapper) -> None:
    wanted = {
        "journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": BUSY_TIMEOUT_SECONDS * 1000,
    }  # fmt: skip

    assert {name: pragma(sqlite, name) for name in wanted} == wanted


def test_only_the_owner_can_read_the_files_of_sqlite(sqlite: BaseDatabaseWrapper) -> None:
    with sqlite.cursor() as cursor:
        cursor.execute("CREATE TABLE row (id integer)")

    files = Path(sqlite.settings_dict["NAME"]).parent.iterdir()
    modes = {file.name: file.stat().st_mode & 0o777 for file in files}
    assert modes == {f"ledger.sqlite3{end}": 0o600 for end in ("", "-wal", "-shm")}


def test_sqlite_reports_a_file_that_cannot_be_made(sqlite: BaseDatabaseWrapper) -> None:
    Path(sqlite.settings_dict["NAME"]).parent.rmdir()

    with pytest.raises(OperationalError, match="unable to open database file"):
        sqlite.ensure_connection()


def test_file_that_was_moved_or_replaced_takes_no_transaction(sqlite: BaseDatabaseWrapper) -> None:
    with sqlite.cursor() as cursor:
        cursor.execute("CREATE TABLE row (id integer)")
    file = Path(sqlite.settings_dict["NAME"])
    away = file.rename(file.with_name("away"))

    with pytest.raises(OperationalError, match="gone"):
        begin(sqlite)
    shutil.copyfile(away, file)
    with pytest.raises(OperationalError, match="replaced"):
        begin(sqlite)

    away.replace(file)
    begin(sqlite)
    assert sqlite.connection.in_transaction


def test_process_neither_makes_nor_opens_another_file(sqlite: BaseDatabaseWrapper) -> None:
    file = Path(sqlite.settings_dict["NAME"])
    sqlite.ensure_connection()
    sqlite.close()
    away = file.rename(file.with_name("away"))

    with pytest.raises(OperationalError, match="gone"):
        sqlite.ensure_connection()
    assert not file.exists()

    shutil.copyfile(away, file)
    with pytest.raises(OperationalError, match="replaced"):
        sqlite.ensure_connection()
    assert file.read_bytes() == away.read_bytes()


def test_rows_guarded_by_triggers_open_no_temporary_file(sqlite: BaseDatabaseWrapper) -> None:
    """SQLite undoes a refused statement from a journal. As a file in TMPDIR, it would fail when that is full."""
    with sqlite.cursor() as cursor:
        cursor.execute("CREATE TABLE entries (id INTEGER PRIMARY KEY, note TEXT NOT NULL)")
        cursor.execute(
            "CREATE TRIGGER guard BEFORE UPDATE ON entries WHEN NEW.id < 0 BEGIN SELECT RAISE(ABORT, ''); END"
        )
        cursor.executemany("INSERT INTO entries (note) VALUES (%s)", [("one" * 1000,)] * 100)
        begin(sqlite)
        cursor.execute("UPDATE entries SET note = 'two'")
        opened = [file.resolve().name for file in Path("/proc/self/fd").iterdir()]

    assert "ledger.sqlite3" in opened
    assert [name for name in opened if name.startswith("etilqs")] == []


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


@pytest.mark.any_database
def test_values_of_a_failing_statement_are_not_in_the_log_of_postgresql(db: None, tmp_path: Path) -> None:
    with cluster() as server:
        connection = ConnectionHandler({"default": database_from_url(server.url, base_dir=tmp_path)})["default"]
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE summaries (id integer PRIMARY KEY, summary text)")
            insertion = "INSERT INTO summaries VALUES (%s, %s)"
            cursor.execute(insertion, [1, "canary"])
            with pytest.raises(IntegrityError):
                cursor.execute(insertion, [1, "canary"])
        connection.close()
        log = (server.folder / "log").read_text()

    assert "duplicate key" in log
    assert "canary" not in log
