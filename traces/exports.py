"""
Traces as lines of CSV or JSON, one row at a time.

Every column stands in the model's order but for `submission_digest`: it serves to compare a submission with its
repetition and nothing else. The fingerprint stays, for a report that somebody quotes is found by it.
"""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time
from typing import Any

from django.db.models import QuerySet

from traces.models import TraceRecord

LEFT_OUT = {"submission_digest"}
COLUMNS = tuple(field.attname for field in TraceRecord._meta.concrete_fields if field.attname not in LEFT_OUT)
FORMULA = re.compile(r"[\s\"'\x00-\x1f\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠]|[\t\r\n]")  # noqa: RUF001 - a spreadsheet takes the wide ones as well

Row = dict[str, Any]


def started_between(since: date, until: date | None) -> QuerySet[TraceRecord, Row]:
    """Find the rows of these days in UTC, both included, oldest first."""
    traces = TraceRecord.objects.filter(started_at__gte=datetime.combine(since, time.min, UTC))
    if until:
        traces = traces.filter(started_at__lte=datetime.combine(until, time.max, UTC))
    rows: QuerySet[TraceRecord, Row] = traces.order_by("started_at").values(*COLUMNS)
    return rows


def csv_lines(rows: Iterable[Row]) -> Iterator[str]:
    """End lines as RFC 4180 does: by that Python's writer knows to quote a lone carriage return as well."""
    writer = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    for row in rows:
        yield writer.writerow([_cell(value) for value in row.values()])


def json_lines(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        yield json.dumps(row, default=_moment) + "\n"


FORMATS: dict[str, Callable[[Iterable[Row]], Iterator[str]]] = {"csv": csv_lines, "jsonl": json_lines}


class _Line:
    """Let a writer of CSV hand back what it writes."""

    def write(self, line: str) -> str:
        return line


def _cell(value: object) -> object:
    if isinstance(value, str):
        return _defused(value)
    if isinstance(value, datetime):
        return _moment(value)
    return json.dumps(value) if isinstance(value, list) else value


def _defused(text: str) -> str:
    """Keep a spreadsheet from running a text as a formula: it shows what follows an apostrophe as it stands."""
    return f"'{text}" if FORMULA.match(text) else text


def _moment(value: datetime) -> str:
    return value.isoformat(timespec="microseconds").replace("+00:00", "Z")
