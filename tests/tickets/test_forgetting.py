"""What was pruned or erased is gone: from every answer of the database and, on SQLite, from its files."""

import sqlite3
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db.utils import ConnectionHandler

from config.databases import BUSY_TIMEOUT_SECONDS, database_from_url
from tests.configuration.conftest import manage_all
from tests.configuration.serving import prepared
from tests.torture.ledgers import query, write
from traces import retention
from traces.identifiers import new_trace_id

PRUNED, ERASED, KEPT = "canarypruned", "canaryerased", "canarykept"
# Enough to fill many pages of the table.
ROWS = 400


def insertions(word: str, *, days_ago: int, ids: list[str]) -> list[str]:
    made_at = datetime.now(UTC) - timedelta(days=days_ago)
    return [
        "INSERT INTO tickets_ticket (trace_id, category, priority, summary, created_at) "  # noqa: S608 - no input
        f"VALUES ('{id_}', 'order', 'low', '{word} {'of a long summary ' * 8}', '{made_at:%Y-%m-%d %H:%M:%S.%f}')"
        for id_ in ids
    ]


def questions(word: str, *, ids: list[str]) -> list[str]:
    """Write requests for a review whose trace another release has deleted."""
    return [
        "INSERT INTO traces_reviewrequest (trace_id, workflow, requested_at, note) "  # noqa: S608 - no input
        f"VALUES ('{id_}', 'rotation', '{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}', '{word} {'of a long note ' * 8}')"
        for id_ in ids
    ]


def every_row(url: str) -> bytes:
    """Return the content of every table."""
    tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    if url.startswith("sqlite:///"):
        tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
    return repr([query(url, f'SELECT * FROM "{table}"') for (table,) in query(url, tables)]).encode()  # noqa: S608


def words_in(content: bytes) -> list[str]:
    return [word for word in (PRUNED, ERASED, KEPT) if word.encode() in content]


def test_deleted_summary_or_note_is_in_no_answer_and_in_no_file_of_sqlite(tmp_path: Path, demo_database: str) -> None:
    erased = new_trace_id()
    with prepared(tmp_path, demo_database) as environment, ExitStack() as open_connections:
        url = environment["DATABASE_URL"]
        if url.startswith("sqlite:///"):
            # While another connection is open, SQLite keeps its write-ahead log.
            reader = open_connections.enter_context(closing(sqlite3.connect(url.removeprefix("sqlite:///"))))
            assert reader.execute("SELECT count(*) FROM tickets_ticket").fetchall() == [(0,)]
        rows = insertions(PRUNED, days_ago=31, ids=[new_trace_id() for _ in range(ROWS)])
        rows += insertions(ERASED, days_ago=1, ids=[erased]) + questions(ERASED, ids=[erased])
        rows += questions(PRUNED, ids=[new_trace_id() for _ in range(ROWS)])
        rows += insertions(KEPT, days_ago=1, ids=[new_trace_id() for _ in range(ROWS)])
        write(url, rows)
        before = every_row(url)

        ran = manage_all("prune_tickets", f"erase {erased}", "prune_review_notes", environment=environment)

        after = every_row(url)
        # Closing a file ends the locks of this process on it, so the files are read last.
        files = {file.name: file.read_bytes() for file in tmp_path.glob("served.sqlite3*")}
    assert ran.returncode == 0, ran.stderr
    assert words_in(before) == [PRUNED, ERASED, KEPT]
    assert words_in(after) == [KEPT]
    if url.startswith("sqlite:///"):
        assert "served.sqlite3-wal" in files
        assert words_in(b"".join(files.values())) == [KEPT]


def test_log_that_a_reader_holds_is_said_to_keep_a_copy_and_emptied_by_the_next_run(
    tmp_path: Path, demo_database: str
) -> None:
    ids = [new_trace_id() for _ in range(2)]
    with prepared(tmp_path, demo_database) as environment:
        url = environment["DATABASE_URL"]
        if not url.startswith("sqlite:///"):
            pytest.skip("the log is SQLite's")
        path = Path(url.removeprefix("sqlite:///"))
        write(url, insertions(ERASED, days_ago=1, ids=ids))
        with closing(sqlite3.connect(path)) as reader:
            reader.execute("BEGIN")
            assert reader.execute("SELECT count(*) FROM tickets_ticket").fetchone() == (2,)
            held = manage_all(f"erase {ids[0]}", environment=environment)
            reader.rollback()
            free = manage_all(f"erase {ids[1]}", environment=environment)
            log = path.with_name(f"{path.name}-wal").read_bytes()
    assert "A copy is left in the write-ahead log until the next run" in held.stdout
    assert "A copy is left" not in free.stdout
    assert words_in(log) == []


@pytest.mark.any_database
def test_emptying_the_log_waits_for_nobody(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "LOG_PAUSE_SECONDS", 0)
    databases = ConnectionHandler({"default": database_from_url(f"sqlite:///{tmp_path}/db", base_dir=tmp_path)})
    monkeypatch.setattr(retention, "connection", databases["default"])
    with (
        closing(databases["default"]),
        closing(sqlite3.connect(tmp_path / "db")) as reader,
        databases["default"].cursor() as cursor,
    ):
        cursor.execute("CREATE TABLE words (word text)")
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM words").fetchall()
        cursor.execute("INSERT INTO words VALUES ('new')")
        while_read = retention.empty_log()
        reader.rollback()

        assert [while_read, retention.empty_log()] == [False, True]
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == (BUSY_TIMEOUT_SECONDS * 1000,)
