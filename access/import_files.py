"""The files that commands import: read, decoded, and refused by line. Free of Django."""

import codecs
import csv
import getpass
import io
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

# The exit codes of the commands.
LINES_REFUSED, CANNOT_IMPORT = 1, 2
# Of the lines that one sentence is about, so many are named.
SHOWN = 20
NOTHING = "Nothing was changed."
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
EMPTY = "This file is empty. Get it again."


@dataclass(frozen=True)
class ImportFile:
    """A file as it was given, with the name by which refusals call it. `changed_at` is None if it is not known."""

    name: str
    content: bytes
    changed_at: datetime | None = None

    @property
    def digest(self) -> str:
        return sha256(self.content).hexdigest()


@dataclass(frozen=True)
class RefusedLine:
    """Why a line, or with line 0 a whole file, is not taken and what to do. The sentence repeats nothing of it."""

    file: str
    line: int
    sentence: str


@dataclass(frozen=True)
class Entry:
    """
    A line of CSV, or an object of JSON with its number in the file.

    `envelope` is the object around the list of objects, empty for a bare list, and None where there is no list.
    """

    file: str
    line: int
    value: Mapping[str, Any]
    envelope: Mapping[str, Any] | None = None


class FileRefused(Exception):
    """The files cannot be read as one import. Nothing of them may be taken."""

    def __init__(self, *refusals: RefusedLine) -> None:
        super().__init__()
        self.refusals = refusals


class CannotImport(Exception):
    """Nothing was changed, whatever the lines hold. The sentence says what to do."""


def refused(file: ImportFile, sentence: str, *, line: int = 0) -> FileRefused:
    return FileRefused(RefusedLine(file.name, line, sentence))


def refusal_lines(refusals: Iterable[RefusedLine]) -> Iterator[str]:
    """Yield each sentence once for a file, with the first SHOWN lines that it is about."""
    lines: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for each in refusals:
        lines[each.file, each.sentence].append(each.line)
    for (file, sentence), numbers in lines.items():
        shown, more = numbers[:SHOWN], len(numbers[SHOWN:])
        place = f", line{'s' if numbers[1:] else ''} {', '.join(map(str, shown))}" if numbers[0] else ""
        yield f"{file}{place}{f' and {more:,} more' if more else ''}: {sentence}"


def read_file(path: str) -> ImportFile:
    """:raises CannotImport: it cannot be read"""
    try:
        changed_at = datetime.fromtimestamp(Path(path).stat().st_mtime, UTC)
        return ImportFile(path, Path(path).read_bytes(), changed_at)
    except OSError as fault:
        raise CannotImport(f"{path} cannot be read: {fault.strerror}. {NOTHING}") from None


def system_user() -> str:
    """Return the name of whoever runs the command, or the number of a user without a name, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def text_lines(file: ImportFile) -> Iterator[str]:
    """:raises FileRefused: the file is no text"""
    encoding = next((encoding for mark, encoding in MARKS.items() if file.content.startswith(mark)), "utf-8")
    try:
        for number, line in enumerate(io.TextIOWrapper(io.BytesIO(file.content), encoding), start=1):
            if "\0" in line:
                raise refused(file, "This line has a NUL character. Save the file as UTF-8.", line=number)
            yield line
    except UnicodeError:
        raise refused(file, "This is neither UTF-8 nor UTF-16 with a byte order mark. Save it as UTF-8.") from None


def csv_rows(file: ImportFile, columns: Sequence[str], refuse: Callable[[Entry, str], None]) -> Iterator[Entry]:
    """
    Yield each row by the names of the first line, with the number of the line where it begins.

    :raises FileRefused: one of the columns is not there once, or the file is cut off
    """
    reader = csv.reader(text_lines(file), strict=True)
    cut_off = False
    try:
        header = [name.strip() for name in next(reader, [])]
        if not header:
            raise refused(file, EMPTY)
        if missing := [column for column in columns if header.count(column) != 1]:
            expected = "Expected values separated by commas, with the names of the columns in the first line"
            raise refused(file, f"{expected}; missing or repeated: {', '.join(missing)}.", line=1)
        line = reader.line_num
        for cells in reader:
            row = Entry(file.name, line + 1, dict(zip(header, cells, strict=False)))
            line = reader.line_num
            if len(cells) == len(header):
                yield row
            elif cells:
                refuse(row, "This line has more or fewer values than the first line has names.")
            cut_off = len(cells) < len(header) if cells else cut_off
    except csv.Error:
        raise refused(
            file, "This is not valid CSV from this line on, or it is cut off. Get it again.", line=reader.line_num
        ) from None
    if cut_off:
        raise refused(file, "The last line is cut off. Get the file again.", line=line)
