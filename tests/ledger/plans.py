"""
A ledger that is large enough for PostgreSQL to plan as it does in production.

On a table of a few rows every plan costs about the same, and which one is taken depends on what other tests left
behind. SQLite plans by the statement alone.
"""

from datetime import datetime, timedelta

from django.db import connection

from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW, RUNNING_ROW
from traces.identifiers import new_trace_id
from traces.models import TraceRecord

ROWS = 4_000
# Each value of a column is in one row of so many.
VALUES = 40


def fill_ledger(*, until: datetime, **same: str) -> None:
    """Give PostgreSQL 4,000 rows of the last 40 seconds, in no order, and let it count their values."""
    if connection.vendor == "postgresql":
        # Steps of a prime number come to each hundredth of a second once.
        ages = (timedelta(milliseconds=10 * (number * 1237 % ROWS)) for number in range(ROWS))
        rows = (_row(number % VALUES, until - age, same) for number, age in enumerate(ages))
        TraceRecord.objects.bulk_create(rows)
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {TraceRecord._meta.db_table}")


def _row(value: int, started_at: datetime, same: dict[str, str]) -> TraceRecord:
    row = {0: FAILED_ROW, 1: RUNNING_ROW}.get(value, COMPLETED_ROW | {"decision": f"decision_{value}"})
    varied = {
        "trace_id": new_trace_id(),
        "started_at": started_at,
        "submitter": f"user:{value}" if value else "open",
        "source": "api" if value else "eval",
        "workflow": f"workflow_{value}",
        "account_id": f"acct_{value:05}",
        "input_fingerprint": f"{value:032}",
        "prompt_version": f"prompt@{value}",
        "provider": f"provider_{value}",
    }
    return TraceRecord(**row | varied | same)


def explain(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'' if connection.vendor == 'postgresql' else 'QUERY PLAN'} {sql}")
        return str(cursor.fetchall())


def prefer_sorted_indexes() -> None:
    """Let PostgreSQL take, until the test ends, an index that gives the rows in their order, wherever there is one."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"
            )


def is_walk(plan: str, index: str) -> bool:
    """Say whether the rows are read in their order from this index."""
    return index in plan and "Sort" not in plan and "TEMP B-TREE" not in plan
