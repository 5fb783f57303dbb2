"""Export tickets to a help desk or a spreadsheet. The rows hold summaries, so the file is for its owner alone."""

from datetime import date

from django.db.models import QuerySet, Value
from django.db.models.functions import Concat, Substr

from tickets.models import Ticket
from tickets.workflow import TICKETS
from traces.export_command import ExportCommand
from traces.exports import Row, days_of


class Command(ExportCommand):
    help = (
        "Write the tickets of some days in UTC, oldest first, as CSV or as one JSON object a line. Evals are left out."
    )
    noun = "ticket"
    columns = ("task_id", "created_at", "category", "priority", "summary")

    def find_rows(self, since: date, until: date | None) -> QuerySet[Ticket, Row]:
        # What customers quote.
        task_id = Concat(Value(f"{TICKETS.id_prefix}_"), Substr("trace_id", len("trace_") + 1))
        found = Ticket.objects.of_customers().filter(**days_of("created_at", since, until))
        rows: QuerySet[Ticket, Row] = found.order_by("created_at").annotate(task_id=task_id).values(*self.columns)
        return rows
