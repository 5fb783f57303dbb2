"""Delete the audit lines that are older than traces are kept. Run it from cron."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet

from access.audit import AuditLine
from traces.prune_command import PruneCommand
from traces.retention import in_batches


class Command(PruneCommand):
    help = "Delete audit lines written longer ago than --older-than (default: TRACE_RETENTION_DAYS)."
    noun, setting = "audit line", "TRACE_RETENTION_DAYS"

    def expired(self, before: datetime) -> QuerySet[AuditLine]:
        return AuditLine.objects.filter(at__lt=before)

    def prune(self, before: datetime) -> Iterator[int]:
        oldest = self.expired(before).order_by("at").values_list("pk", flat=True)
        return in_batches(oldest, delete=lambda batch: AuditLine.objects.filter(pk__in=batch).delete()[0])
