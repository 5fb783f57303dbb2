"""Retention of tickets: by their own date, in short transactions, so that others can write meanwhile."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet

from tickets.models import Ticket
from traces.retention import in_batches


def expired(before: datetime) -> QuerySet[Ticket]:
    return Ticket.objects.filter(created_at__lt=before)


def prune(before: datetime) -> Iterator[int]:
    """Delete the tickets made before this moment, oldest first. Yield the number of each committed batch."""
    oldest = expired(before).order_by("created_at").values_list("pk", flat=True)
    return in_batches(oldest, delete=lambda batch: Ticket.objects.filter(pk__in=batch).delete()[0])
