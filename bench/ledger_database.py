"""The database of the benchmark, and how a million rows get into it."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from django.db import connection

from bench.ledger_rows import COLUMNS, rows
from tests.databases import _find_programs, _private_server

TABLE = "traces_tracerecord"


@contextmanager
def database(kind: str) -> Iterator[str]:
    """Make a SQLite file or a PostgreSQL server that lives as long as the block; yield its address."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder, 'ledger.sqlite3')}"
        return
    programs = _find_programs()
    if programs is None:
        raise SystemExit("PostgreSQL: there is no initdb on PATH or in Debian's place for it (apt install postgresql).")
    with _private_server(programs) as url:
        yield url


def fill(count: int, *, days: float) -> None:
    """Write past Django, by what each driver has for many rows; then do what autovacuum does in its own time."""
    made = rows(count, until=datetime.now(UTC).replace(tzinfo=None), days=days)
    values = (tuple(row[name] for name in COLUMNS) for row in made)
    names = ", ".join(COLUMNS)
    connection.ensure_connection()
    driver = connection.connection
    if isinstance(driver, sqlite3.Connection):
        driver.execute("PRAGMA cache_size = -1000000")
        driver.execute("BEGIN")
        driver.executemany(f"INSERT INTO {TABLE} ({names}) VALUES ({', '.join('?' * len(COLUMNS))})", values)  # noqa: S608
        driver.execute("COMMIT")
    elif isinstance(driver, psycopg.Connection):
        with driver.cursor() as cursor, cursor.copy(f"COPY {TABLE} ({names}) FROM STDIN".encode()) as copy:
            for row in values:
                copy.write_row(row)
        driver.execute("VACUUM ANALYZE")
    connection.close()
