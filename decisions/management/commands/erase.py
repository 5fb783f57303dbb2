"""Delete the texts that are kept of a request immediately. Its trace stays, because no text is in it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from decisions.registry import read_id, workflows
from traces.retention import LOG_IS_LEFT, empty_log
from traces.review_requests import ReviewRequest


class Command(BaseCommand):
    help = "Delete the ticket of a trace, or the note with which a person was asked, immediately. The trace stays."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", metavar="ID", help="the id that the customer quotes")

    def handle(self, **options: Any) -> str:
        trace_id = read_id(options["id"])
        if trace_id is None:
            raise CommandError("No id was found in this argument.")
        kept = [each for each in workflows() if each.products and each.products.erase(trace_id)]
        notes = ReviewRequest.objects.filter(pk=trace_id).exclude(note="").update(note="")
        if not kept and not notes:
            raise CommandError(f"There is nothing to erase under {trace_id}.")
        left = "" if empty_log() else f" {LOG_IS_LEFT}"
        shown = kept[0].shown_id(trace_id) if kept else trace_id
        return f"Erased what was kept under {shown}. The trace stays.{left}"
