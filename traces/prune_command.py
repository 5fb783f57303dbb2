"""What the commands that delete old rows share: days, a dry run, progress, and a true last sentence."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db.models import QuerySet
from django.template.defaultfilters import pluralize
from django.utils import timezone

from traces.periods import read_days
from traces.retention import LOG_IS_LEFT, empty_log
from traces.upkeep import report_progress


class PruneCommand(BaseCommand, ABC):
    """Delete the rows of one kind that are older than a setting allows. A subclass names and finds them."""

    noun: ClassVar[str]
    setting: ClassVar[str]

    @abstractmethod
    def expired(self, before: datetime) -> QuerySet[Any]:
        """Return the rows that are older than this moment."""

    @abstractmethod
    def prune(self, before: datetime) -> Iterator[int]:
        """Delete them, oldest first. Yield the number of each committed batch."""

    def add_arguments(self, parser: CommandParser) -> None:
        days = getattr(settings, self.setting)
        parser.add_argument("--older-than", type=read_days, default=days, metavar="90d", help="whole days")
        parser.add_argument("--dry-run", action="store_true", help="count them and change nothing")

    def handle(self, **options: Any) -> str:
        days, now = options["older_than"], timezone.now()
        before = now - timedelta(days=days)
        age = _counted(days, "day")
        if options["dry_run"]:
            return f"Would delete {_counted(self.expired(before).count(), self.noun)} older than {age}."
        count = self.expired(before).count
        with report_progress(self.stderr, count_rows=count, summarise=self._summary) as progress:
            for deleted in self.prune(before):
                progress.add(deleted)
        left = "" if empty_log() else f" {LOG_IS_LEFT}"
        return f"Deleted {_counted(progress.done, self.noun)} older than {age}.{left}"

    def _summary(self, done: int) -> str:
        # "At least", because a stop may come between a batch's commit and its count.
        counted = _counted(done, self.noun)
        return f"At least {counted} had been deleted, each batch whole or not at all. Run it again to go on."


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{pluralize(count)}"
