"""The plain CSV that recipes make of other sources. It tells account and kind itself."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator

from access.fields import AccountId
from access.import_files import ImportFile, csv_rows
from rotation.contract import CredentialKind, CredentialState
from rotation.imports.reading import Moment, Reading, Shape
from rotation.imports.snapshot import Snapshot

PREFIX = "csv:"


def parse_day(value: str) -> date | None:
    """Return the day of YYYY-MM-DD alone, and None for an empty text."""
    day = date.fromisoformat(value) if value else None
    if day and day.isoformat() != value:
        raise ValueError
    return day


class Row(Shape):
    account_id: AccountId
    item: str
    kind: CredentialKind
    state: CredentialState
    issued_on: Annotated[date | None, BeforeValidator(parse_day)]
    source: str
    observed_at: Moment
    account_name: str = ""


def read_csv(files: Sequence[ImportFile], scope: str | None, now: datetime) -> Snapshot:
    reading = Reading()
    columns = [name for name, field in Row.model_fields.items() if field.is_required()]
    for entry in (entry for file in files for entry in csv_rows(file, columns, reading.refuse)):
        if row := reading.read(Row, entry):
            # With the prefix, a CSV can never speak for the records of another format.
            source = _source(row.source)
            fields = dict(row) | {"source": source, "owner": row.account_id}
            reading.add(entry, **fields)
            reading.describe(source, row.observed_at)
    given = scope and _source(scope)
    what, shape = "a source of at most 160 characters", rf"{PREFIX}\S(.{{0,154}}\S)?"
    reading.check_scope(files, reading.sources, given, what=what, shape=shape)
    if given:
        reading.sources.setdefault(given, now)
    return reading.snapshot()


def _source(name: str) -> str:
    return PREFIX + name.removeprefix(PREFIX)
