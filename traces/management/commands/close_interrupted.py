"""Close the rows of processes that stopped too early. Run it from cron."""

from typing import Any

from django.core.management.base import BaseCommand
from django.template.defaultfilters import pluralize
from django.utils import timezone

from traces.models import TraceRecord


class Command(BaseCommand):
    help = "Close traces left running past the deadline and its grace as failed/interrupted."

    def handle(self, **_options: Any) -> str:
        closed = TraceRecord.objects.close_interrupted(at=timezone.now())
        return f"Closed {closed} interrupted trace{pluralize(closed)}."
