"""Delete what a request produced, at once. Its trace stays, because it holds nobody's text."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from decisions.registry import read_id, workflows
from traces.retention import truncate_log


class Command(BaseCommand):
    help = "Delete the ticket of a trace at once, as a customer may ask. The trace stays."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", metavar="ID", help="the id that the customer quotes")

    def handle(self, **options: Any) -> str:
        trace_id = read_id(options["id"])
        if trace_id is None:
            raise CommandError("This holds no id.")
        kept = [each for each in workflows() if each.products and each.products.erase(trace_id)]
        if not kept:
            raise CommandError(f"There is nothing to erase under {trace_id}.")
        truncate_log()
        return f"Erased what was kept under {kept[0].shown_id(trace_id)}. The trace stays."
