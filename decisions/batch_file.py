"""A CSV file of many reports of one workflow. No message repeats what is in it."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from io import StringIO

from pydantic import ValidationError

from access.bodies import field_errors
from access.refusals import FieldError
from decisions.contract import Report
from decisions.workflow import Workflow

# So much of a digest of 256 bits leaves room in a submission key for the line and the attempt.
DIGEST_LENGTH = 40


class FileRefused(Exception):
    """The file cannot be read as reports. The message says why."""


@dataclass(frozen=True)
class BatchFile:
    """Each report, or why there is none, by the number of the line of the file at which it begins, from 1."""

    workflow: Workflow
    digest: str
    lines: Mapping[int, Report | FieldError]

    @property
    def reports(self) -> dict[int, Report]:
        return {number: each for number, each in self.lines.items() if isinstance(each, Report)}


def read_batch(content: bytes, workflows: tuple[Workflow, ...]) -> BatchFile:
    """
    Read a header with the fields of one of the workflows, and a report from each line below it.

    :raises FileRefused:
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileRefused("The file is not UTF-8 text.") from None
    rows = _rows(text)
    _, header = next(rows, (0, []))
    columns = [name.strip() for name in header]
    workflow = _workflow_of(columns, workflows)
    lines = {number: _read(workflow.report, columns, values) for number, values in rows}
    # The same lines are other requests in another workflow.
    digest = sha256(workflow.name.encode() + b"\n" + content).hexdigest()[:DIGEST_LENGTH]
    return BatchFile(workflow, digest, lines)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the values of each row that is not blank, with the number of its first line."""
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    first = 1
    try:
        for values in reader:
            if values:
                yield first, values
            first = reader.line_num + 1
    except csv.Error:
        raise FileRefused(f"The file is not CSV from line {first} on: look for a quotation mark there.") from None


def _workflow_of(columns: list[str], workflows: tuple[Workflow, ...]) -> Workflow:
    fitting = [each for each in workflows if _fits(each.report, columns)]
    if len(fitting) != 1:
        known = "; ".join(f"{each.name}: {_described(each.report)}" for each in workflows)
        found = "several workflows: choose one by --workflow" if fitting else "no workflow"
        raise FileRefused(f"The columns of the first line, separated by commas, fit {found}. {known}.")
    return fitting[0]


def _fits(report: type[Report], columns: list[str]) -> bool:
    known = report.model_fields
    needed = {name for name, field in known.items() if field.is_required()}
    return needed <= set(columns) <= set(known) and len(columns) == len(set(columns))


def _described(report: type[Report]) -> str:
    fields = report.model_fields.items()
    return ", ".join(name if field.is_required() else f"{name} (optional)" for name, field in fields)


def _read(report: type[Report], columns: list[str], values: list[str]) -> Report | FieldError:
    if len(values) != len(columns):
        message = f"This line has {len(values)} values for {len(columns)} columns."
        return FieldError("line", "other_columns", message)
    try:
        return report.from_texts(dict(zip(columns, values, strict=True)))
    except ValidationError as error:
        faults = field_errors(error, report.model_fields)
        return FieldError("line", faults[0].code, " ".join(f"{each.field}: {each.message}" for each in faults))
