"""Delete the tickets that are older than retention allows. Their traces stay. Run it from cron."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet

from tickets import retention
from tickets.models import Ticket
from traces.prune_command import PruneCommand


class Command(PruneCommand):
    help = "Delete tickets made longer ago than --older-than (default: TICKET_RETENTION_DAYS). Their traces stay."
    noun, setting = "ticket", "TICKET_RETENTION_DAYS"

    def expired(self, before: datetime) -> QuerySet[Ticket]:
        return retention.expired(before)

    def prune(self, before: datetime) -> Iterator[int]:
        return retention.prune(before)
