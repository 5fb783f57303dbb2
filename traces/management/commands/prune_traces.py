"""Delete the traces that are older than retention allows. Run it from cron."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.template.defaultfilters import pluralize
from django.utils import timezone

from traces.models import TraceRecord
from traces.periods import read_days
from traces.retention import expired, prune
from traces.upkeep import report_progress


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
            return f"Would delete {_counted(expired(before).count(), 'trace')} older than {_counted(days, 'day')}."
        with report_progress(self.stderr, count_rows=expired(before).count, summarise=_summary) as progress:
            # Only terminal rows are deleted, so interrupted rows are closed first.
            TraceRecord.objects.close_interrupted(at=now)
            for deleted in prune(before):
                progress.add(deleted)
        return f"Deleted {_counted(progress.done, 'trace')} older than {_counted(days, 'day')}."


def _summary(done: int) -> str:
    # "At least", because a stop may come between a batch's commit and its count.
    return (
        f"At least {_counted(done, 'trace')} had been deleted, each batch whole or not at all. Run it again to go on."
    )


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{pluralize(count)}"
