"""Delete the traces that are older than retention allows. Run it from cron."""

from traces import retention
from traces.prune_command import PruneCommand


class Command(PruneCommand):
    help = "Delete traces started longer ago than --older-than (default: TRACE_RETENTION_DAYS), never one that runs."
    noun, setting = "trace", "TRACE_RETENTION_DAYS"
    expired, prune = staticmethod(retention.expired), staticmethod(retention.prune)
