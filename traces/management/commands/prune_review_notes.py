"""Empty the notes with which people were asked, some time after the review. Run it from cron."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet

from traces import retention
from traces.prune_command import PruneCommand
from traces.review_requests import ReviewRequest


class Command(PruneCommand):
    help = "Empty the notes of requests for a review whose first review was stored longer ago than --older-than."
    noun, setting = "review note", "REVIEW_NOTE_DAYS"

    def expired(self, before: datetime) -> QuerySet[ReviewRequest]:
        return retention.expired_notes(before)

    def prune(self, before: datetime) -> Iterator[int]:
        return retention.prune_notes(before)
