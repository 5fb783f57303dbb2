"""Close the rows whose process stopped before it could; made for cron."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from traces.models import TraceRecord


class Command(BaseCommand):
    help = "Close traces left running past the deadline and its grace as failed/interrupted."

    def handle(self, **_options: Any) -> str:
        closed = TraceRecord.objects.close_interrupted(at=timezone.now())
        return f"Closed {closed} interrupted trace{'' if closed == 1 else 's'}."
