"""Fill a ledger from within the service's own environment, and print what is needed to look at it."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test import Client

from bench.ledger_rows import insertion
from traces.identifiers import new_trace_id
from traces.models import TraceRecord

LOOKUPS = 300


def fill_here(rows: int, *, days: float) -> None:
    started = monotonic()
    if rows:
        _fill(rows, days=days)
    seconds = monotonic() - started
    ids = [_some_id() for _ in range(LOOKUPS if rows else 0)]
    json.dump({"seconds": seconds, "cookie": _cookie(), "ids": ids}, sys.stdout)


def _fill(rows: int, *, days: float) -> None:
    """
    Let the database make the rows, and their indexes afterwards; then do what autovacuum does in its own time.

    Each million takes about 20 s of CPU.
    """
    on_sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        if on_sqlite:
            cursor.execute("PRAGMA cache_size = -1000000")
        with _without_indexes(), transaction.atomic():
            cursor.execute(insertion(connection.vendor, rows, until=datetime.now(UTC), days=days))
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)" if on_sqlite else "VACUUM ANALYZE")
    connection.close()


@contextmanager
def _without_indexes() -> Iterator[None]:
    with connection.schema_editor() as editor:
        for index in TraceRecord._meta.indexes:
            editor.remove_index(TraceRecord, index)
    yield
    with connection.schema_editor() as editor:
        for index in TraceRecord._meta.indexes:
            editor.add_index(TraceRecord, index)


def _cookie() -> str:
    client = Client()
    operator = get_user_model().objects.create_superuser("bench")
    client.force_login(operator, backend="django.contrib.auth.backends.ModelBackend")
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def _some_id() -> str:
    """Take the next one after a random id; past the last, try another."""
    after = TraceRecord.objects.filter(pk__gt=new_trace_id()).order_by("pk")
    return after.values_list("pk", flat=True).first() or _some_id()
