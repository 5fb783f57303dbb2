"""How long a trace is kept: delete the old ones in short transactions, so that others can write meanwhile."""

from collections.abc import Iterator
from datetime import datetime
from time import monotonic, sleep

from django.db import connection, transaction
from django.db.models import QuerySet

from traces.codes import Status
from traces.models import TraceRecord
from traces.reviews import Review
from traces.statements import delete

# How many rows at once, and how long a rest after them, as a multiple of the time that they took. 50,000 at once made
# writers wait for 0.8 s. SQLite has one writer: all wait for a batch, 5 ms for 20 rows of a million, and get a turn
# while it rests.
PACES = {"postgresql": (500, 0), "sqlite": (20, 1)}


def expired(before: datetime) -> QuerySet[TraceRecord]:
    """Whatever was started before this moment; a row that is still running by then was interrupted."""
    return TraceRecord.objects.filter(started_at__lt=before)


def prune(before: datetime) -> Iterator[int]:
    """
    Delete terminal traces started before this moment, oldest first, with their reviews.

    Yield how many each batch deleted, once it is committed; a batch is deleted whole or not at all.
    """
    batch_size, rest = PACES[connection.vendor]
    oldest = expired(before).exclude(status=Status.RUNNING).order_by("started_at").values_list("pk", flat=True)
    while batch := list(oldest[:batch_size]):
        started = monotonic()
        deleted = _delete(batch)
        took = monotonic() - started
        yield deleted
        sleep(rest * took)


@transaction.atomic
def _delete(batch: list[str]) -> int:
    """
    Delete traces and the only rows that point to them: two statements, under a lock that reviewers take on PostgreSQL.

    `delete()` on the traces would fetch each of them whole to look for such rows, and takes three times as long.
    """
    list(TraceRecord.objects.select_for_update().filter(pk__in=batch).values_list("pk"))
    Review.objects.filter(trace__in=batch).delete()
    return delete(TraceRecord, batch, using=connection.alias)
