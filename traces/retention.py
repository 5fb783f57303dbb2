"""How long a trace is kept: delete the old ones in short transactions, so that others can write meanwhile."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet

from traces.codes import Status
from traces.models import TraceRecord

# 50,000 at once made writers wait for 0.8 s.
BATCH = 500


def expired(before: datetime) -> QuerySet[TraceRecord]:
    """Whatever was started before this moment; a row that is still running by then was interrupted."""
    return TraceRecord.objects.filter(started_at__lt=before)


def prune(before: datetime) -> Iterator[int]:
    """
    Delete terminal traces started before this moment, oldest first, with whatever hangs on them.

    Yield how many each batch deleted, once it is committed; a batch is deleted whole or not at all.
    """
    oldest = expired(before).exclude(status=Status.RUNNING).order_by("started_at").values_list("pk", flat=True)
    while batch := list(oldest[:BATCH]):
        _, deleted = TraceRecord.objects.filter(pk__in=batch).delete()
        yield deleted.get("traces.TraceRecord", 0)
