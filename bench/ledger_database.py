"""The database of the benchmark, and how a million rows get into it."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection, transaction

from bench.ledger_rows import insertion
from bench.ledger_writes import without_indexes
from tests.databases import _find_programs, _private_server
from traces.models import TraceRecord


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
    """
    Let the database make the rows, and their indexes afterwards; then do what autovacuum does in its own time.

    Each million takes about 20 s of CPU.
    """
    connection.ensure_connection()
    on_sqlite = isinstance(connection.connection, sqlite3.Connection)
    with connection.cursor() as cursor:
        if on_sqlite:
            cursor.execute("PRAGMA cache_size = -1000000")
        with without_indexes(TraceRecord._meta.indexes), transaction.atomic():
            cursor.execute(insertion(connection.vendor, count, until=datetime.now(UTC), days=days))
        if on_sqlite:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            cursor.execute("VACUUM ANALYZE")
    connection.close()
