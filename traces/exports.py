"""Rows as lines of CSV or JSON, one row at a time."""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

FORMULA = re.compile(r"[\s\"'\x00-\x1f\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠]|[\t\r\n]")  # noqa: RUF001 - spreadsheets accept the wide characters as well

Row = dict[str, Any]


def days_of(column: str, since: date, until: date | None) -> dict[str, datetime]:
    """Return the conditions of a column for these days in UTC, both included."""
    days = {f"{column}__gte": datetime.combine(since, time.min, UTC)}
    return days | ({f"{column}__lte": datetime.combine(until, time.max, UTC)} if until else {})


def csv_lines(rows: Iterable[Row], columns: Sequence[str]) -> Iterator[str]:
    """Write CSV with the line ends of RFC 4180. They make Python's writer quote a lone carriage return as well."""
    writer = csv.writer(_Line())
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow([_cell(value) for value in row.values()])


def json_lines(rows: Iterable[Row], _columns: Sequence[str]) -> Iterator[str]:
    for row in rows:
        yield json.dumps(row, default=_moment) + "\n"


FORMATS: dict[str, Callable[[Iterable[Row], Sequence[str]], Iterator[str]]] = {"csv": csv_lines, "jsonl": json_lines}


class _Line:
    """A file whose `write` returns the text, so that the CSV writer returns each line."""

    def write(self, line: str) -> str:
        return line


def _cell(value: object) -> object:
    if isinstance(value, str):
        # A leading apostrophe makes a spreadsheet show the text instead of running it as a formula.
        return f"'{value}" if FORMULA.match(value) else value
    if isinstance(value, datetime):
        return _moment(value)
    return json.dumps(value) if isinstance(value, list | dict) else value


def _moment(value: datetime) -> str:
    return value.isoformat(timespec="microseconds").replace("+00:00", "Z")
