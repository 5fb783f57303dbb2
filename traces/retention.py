"""Retention: delete old traces in short transactions, so that others can write meanwhile."""

from collections.abc import Iterator
from datetime import datetime
from time import monotonic, sleep

from django.db import connection, transaction
from django.db.models import QuerySet

from traces.codes import Status
from traces.models import TraceRecord
from traces.reviews import Review
from traces.statements import delete

# Rows per batch, and the pause after a batch as a multiple of the time it took. A batch of 50,000 rows made writers
# wait for 0.8 s. SQLite has one writer: a batch of 20 rows of a million blocks the others for 5 ms, and they write
# during the pause.
PACES = {"postgresql": (500, 0), "sqlite": (20, 1)}


def expired(before: datetime) -> QuerySet[TraceRecord]:
    """Return the traces that started before this moment. Those still running then were interrupted."""
    return TraceRecord.objects.filter(started_at__lt=before)


def prune(before: datetime) -> Iterator[int]:
    """
    Delete terminal traces started before this moment, oldest first, with their reviews.

    Yield the number of rows of each batch once it is committed. A batch is deleted whole or not at all.
    """
    batch_size, pause = PACES[connection.vendor]
    oldest = expired(before).exclude(status=Status.RUNNING).order_by("started_at").values_list("pk", flat=True)
    while batch := list(oldest[:batch_size]):
        started = monotonic()
        deleted = _delete(batch)
        took = monotonic() - started
        yield deleted
        sleep(pause * took)


@transaction.atomic
def _delete(batch: list[str]) -> int:
    """
    Delete traces and their reviews, the only rows that refer to them. On PostgreSQL, reviewers take the same row lock.

    The queryset's own `delete()` fetches every trace to look for such rows and takes three times as long.
    """
    list(TraceRecord.objects.select_for_update().filter(pk__in=batch).values_list("pk"))
    Review.objects.filter(trace__in=batch).delete()
    return delete(TraceRecord, batch, using=connection.alias)
