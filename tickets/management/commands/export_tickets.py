"""Export tickets to a help desk or a spreadsheet. The rows hold summaries, so the file is for its owner alone."""

from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from tickets.models import Ticket
from traces.codes import Source
from traces.export_command import ExportCommand
from traces.exports import Row, days_of
from traces.models import TraceRecord


class Command(ExportCommand):
    help = (
        "Write the tickets of some days in UTC, oldest first, as CSV or as one JSON object a line. Evals are left out."
    )
    noun = "ticket"
    columns = ("trace_id", "created_at", "category", "priority", "summary")

    def find_rows(self, since: date, until: date | None) -> QuerySet[Ticket, Row]:
        evals = TraceRecord.objects.filter(pk=OuterRef("pk"), source=Source.EVAL)
        found = Ticket.objects.filter(~Exists(evals), **days_of("created_at", since, until))
        rows: QuerySet[Ticket, Row] = found.order_by("created_at").values(*self.columns)
        return rows
