"""Delete the tickets that are older than retention allows. Their traces stay. Run it from cron."""

from tickets import retention
from traces.prune_command import PruneCommand


class Command(PruneCommand):
    help = "Delete tickets made longer ago than --older-than (default: TICKET_RETENTION_DAYS). Their traces stay."
    noun, setting = "ticket", "TICKET_RETENTION_DAYS"
    expired, prune = staticmethod(retention.expired), staticmethod(retention.prune)
