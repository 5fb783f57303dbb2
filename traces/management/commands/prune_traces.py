"""Delete the traces that are older than retention allows; made for cron."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from traces.models import TraceRecord
from traces.periods import read_days
from traces.retention import expired, prune
from traces.upkeep import tallied


class Command(BaseCommand):
    help = "Delete traces started longer ago than --older-than (default: TRACE_RETENTION_DAYS), never one that runs."

    def add_arguments(self, parser: CommandParser) -> None:
        days = settings.TRACE_RETENTION_DAYS
        parser.add_argument("--older-than", type=read_days, default=days, metavar="90d", help="whole days")
        parser.add_argument("--dry-run", action="store_true", help="count them and change nothing")

    def handle(self, **options: Any) -> str:
        days, now = options["older_than"], timezone.now()
        before = now - timedelta(days=days)
        if options["dry_run"]:
            return f"Would delete {_traces(expired(before).count())} older than {_days(days)}."
        return f"Deleted {_traces(self._prune(before, now=now))} older than {_days(days)}."

    def _prune(self, before: datetime, *, now: datetime) -> int:
        """Close first what was left running: only terminal rows are deleted."""
        with tallied(self.stderr, whole=expired(before).count, told=_told) as tally:
            TraceRecord.objects.close_interrupted(at=now)
            for deleted in prune(before):
                tally.add(deleted)
        return tally.done


def _told(done: int) -> str:
    """Say "at least": a stop may come between a batch's commit and its count."""
    return f"At least {_traces(done)} had been deleted, each batch whole or not at all. Run it again to go on."


def _traces(count: int) -> str:
    return f"{count:,} trace{'' if count == 1 else 's'}"


def _days(count: int) -> str:
    return f"{count:,} day{'' if count == 1 else 's'}"
