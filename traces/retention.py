"""Retention: delete old traces in short transactions, so that others can write meanwhile."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from time import monotonic, sleep
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Exists, OuterRef, QuerySet

from traces.codes import Status
from traces.feedback import Feedback
from traces.models import TraceRecord
from traces.review_requests import ReviewRequest
from traces.reviews import Review
from traces.statements import delete as delete_rows

# Rows per batch, and the pause after a batch as a multiple of the time it took. A batch of 50,000 rows made writers
# wait for 0.8 s. SQLite has one writer: a batch of 20 rows of a million blocks the others for 5 ms, and they write
# during the pause.
PACES = {"postgresql": (500, 0), "sqlite": (20, 1)}
Key = TypeVar("Key")
# What a command says where the log keeps a copy.
LOG_IS_LEFT = "A copy is left in the write-ahead log until the next run, because a reader held it."
LOG_TRIES, LOG_PAUSE_SECONDS = 20, 0.05


def expired(before: datetime) -> QuerySet[TraceRecord]:
    """Return the traces that started before this moment. Those still running then were interrupted."""
    return TraceRecord.objects.filter(started_at__lt=before)


def prune(before: datetime) -> Iterator[int]:
    """
    Delete terminal traces started before this moment, oldest first, with what people said of them.

    Yield the number of rows of each batch once it is committed. A batch is deleted whole or not at all.
    """
    oldest = expired(before).exclude(status=Status.RUNNING).order_by("started_at").values_list("pk", flat=True)
    yield from in_batches(oldest, delete=_delete)
    # What came while its trace was deleted, or whose trace 0.2.0 deleted.
    Feedback.objects.filter(created_at__lt=before).delete()
    ReviewRequest.objects.filter(requested_at__lt=before).delete()


def expired_notes(before: datetime) -> QuerySet[ReviewRequest]:
    """Return the requests whose note is deleted: the first review came before this moment, or the trace is gone."""
    reviewed = Exists(Review.objects.filter(trace=OuterRef("pk"), reviewed_at__lt=before))
    has_trace = Exists(TraceRecord.objects.filter(pk=OuterRef("pk")))
    return ReviewRequest.objects.exclude(note="").filter(reviewed | ~has_trace)


def prune_notes(before: datetime) -> Iterator[int]:
    """Empty the expired notes, those of the oldest requests first. Yield the number of each committed batch."""
    oldest = expired_notes(before).order_by("requested_at").values_list("pk", flat=True)
    return in_batches(oldest, delete=lambda batch: ReviewRequest.objects.filter(pk__in=batch).update(note=""))


def in_batches(oldest: QuerySet[Any, Key], *, delete: Callable[[list[Key]], int]) -> Iterator[int]:
    """Delete the rows with these keys at the pace of the database. Yield the number of each committed batch."""
    batch_size, pause = PACES[connection.vendor]
    while batch := list(oldest[:batch_size]):
        started = monotonic()
        deleted = delete(batch)
        took = monotonic() - started
        yield deleted
        sleep(pause * took)


@transaction.atomic
def _delete(batch: list[str]) -> int:
    """
    Delete traces with the rows that refer to them. On PostgreSQL, reviewers take the same row lock.

    The queryset's own `delete()` fetches every trace to look for such rows and takes three times as long.
    """
    list(TraceRecord.objects.select_for_update().filter(pk__in=batch).values_list("pk"))
    Review.objects.filter(trace__in=batch).delete()
    Feedback.objects.filter(pk__in=batch).delete()
    ReviewRequest.objects.filter(pk__in=batch).delete()
    return delete_rows(TraceRecord, batch, using=connection.alias)


def empty_log() -> bool:
    """
    Let no deleted row stay in SQLite's write-ahead log. The file itself is overwritten where rows are deleted.

    Return False if that failed, because somebody read an older state all the time. With the usual timeout, the
    checkpoint would wait for readers while it keeps all writers out, so it only tries a few times.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return True
    with connection.cursor() as cursor, _without_waiting(cursor):
        for _ in range(LOG_TRIES):
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            is_blocked, *_ = cursor.fetchone()
            if not is_blocked:
                return True
            sleep(LOG_PAUSE_SECONDS)
    return False


@contextmanager
def _without_waiting(cursor: CursorWrapper) -> Iterator[None]:
    """Let SQLite fail at once where it would wait for another connection."""
    cursor.execute("PRAGMA busy_timeout")
    [usual] = cursor.fetchone()
    cursor.execute("PRAGMA busy_timeout=0")
    try:
        yield
    finally:
        cursor.execute(f"PRAGMA busy_timeout={int(usual)}")
