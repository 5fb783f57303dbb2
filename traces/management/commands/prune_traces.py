"""Delete the traces that are older than retention allows. Run it from cron."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from traces import retention
from traces.models import TraceRecord
from traces.prune_command import PruneCommand


class Command(PruneCommand):
    help = "Delete traces started longer ago than --older-than (default: TRACE_RETENTION_DAYS), never one that runs."
    noun, setting = "trace", "TRACE_RETENTION_DAYS"

    def expired(self, before: datetime) -> QuerySet[TraceRecord]:
        return retention.expired(before)

    def prune(self, before: datetime) -> Iterator[int]:
        # Only terminal rows are deleted, so interrupted rows are closed first.
        TraceRecord.objects.close_interrupted(at=timezone.now())
        return retention.prune(before)
