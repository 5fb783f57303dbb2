"""Export traces for a spreadsheet or a program. No row holds anyone's text."""

from datetime import date

from django.db.models import QuerySet

from traces.export_command import ExportCommand
from traces.exports import Row, days_of
from traces.models import TraceRecord


class Command(ExportCommand):
    help = "Write the traces of some days in UTC, oldest first, as CSV or as one JSON object a line."
    noun = "trace"
    # The digest only serves to recognise a repeated submission. The fingerprint finds the trace of a quoted report.
    columns = tuple(each.attname for each in TraceRecord._meta.concrete_fields if each.attname != "submission_digest")

    def find_rows(self, since: date, until: date | None) -> QuerySet[TraceRecord, Row]:
        days = days_of("started_at", since, until)
        rows: QuerySet[TraceRecord, Row] = (
            TraceRecord.objects.filter(**days).order_by("started_at").values(*self.columns)
        )
        return rows
