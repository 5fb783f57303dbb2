"""The bytes of a file as rows of CSV or as entries of JSON. What no reader could take is refused as a whole."""

import codecs
import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from rotation.imports.reading import Entry, Reading
from rotation.imports.snapshot import FileRefused, InventoryFile, RefusedLine

MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
EMPTY = "This file is empty. Get it again."
# What the makers add to a list that goes on in another answer.
PAGE_MARKS = ("nextPageToken", "NextToken", "Marker", "@odata.nextLink")
JSON_BLANKS = re.compile(r"[ \t\r\n]*")
JSON_NAMES = {
    dict: "an object without {marks}",
    list: "a list",
    str: "a text",
    bool: "true or false",
    type(None): "null",
}


def refused(file: InventoryFile, sentence: str, *, line: int = 0) -> FileRefused:
    return FileRefused(RefusedLine(file.name, line, sentence))


def csv_rows(file: InventoryFile, columns: Sequence[str], reading: Reading) -> Iterator[Entry]:
    """
    Yield each row by the names of the first line, with the number of the line where it begins.

    :raises FileRefused: one of the columns is not there once, or the file is cut off
    """
    reader = csv.reader(_lines(file), strict=True)
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
                reading.refuse(row, "This line has more or fewer values than the first line has names.")
            cut_off = len(cells) < len(header) if cells else cut_off
    except csv.Error:
        raise refused(
            file, "This is not valid CSV from this line on, or it is cut off. Get it again.", line=reader.line_num
        ) from None
    if cut_off:
        raise refused(file, "The last line is cut off. Get the file again.", line=line)


def json_entries(file: InventoryFile, key: str, marks: Sequence[str], expected: str) -> Iterator[Entry]:
    """
    Yield the entries of a list, of an object that holds the list at `key`, and of such documents in a row.

    :raises FileRefused: an entry is no object with one of `marks`; `expected` says what is taken
    """
    number = 0
    for document in _documents(file, expected):
        whole = isinstance(document, list)
        for part in document if whole else (document,):
            inner = part.get(key) if isinstance(part, dict) else None
            if isinstance(inner, list) and any(part.get(mark) for mark in PAGE_MARKS):
                raise refused(file, "This is one page of several. Get the list as a whole.")
            for value in inner if isinstance(inner, list) else (part,):
                number += 1
                if not isinstance(value, dict) or not any(mark in value for mark in marks):
                    met = JSON_NAMES.get(type(value), "a number").format(marks=" or ".join(marks))
                    raise refused(file, f"Expected {expected}; met {met}.", line=number)
                yield Entry(file.name, number, value, part if isinstance(inner, list) else {} if whole else None)


def _lines(file: InventoryFile) -> Iterator[str]:
    encoding = next((encoding for mark, encoding in MARKS.items() if file.content.startswith(mark)), "utf-8")
    try:
        for number, line in enumerate(io.TextIOWrapper(io.BytesIO(file.content), encoding), start=1):
            if "\0" in line:
                raise refused(file, "This line has a NUL character. Save the file as UTF-8.", line=number)
            yield line
    except UnicodeError:
        raise refused(file, "This is neither UTF-8 nor UTF-16 with a byte order mark. Save it as UTF-8.") from None


def _documents(file: InventoryFile, expected: str) -> Iterator[Any]:
    text = "".join(_lines(file))
    decoder, at = json.JSONDecoder(), _skip_blanks(text, 0)
    if at == len(text):
        raise refused(file, EMPTY)
    while at < len(text):
        try:
            document, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            sentence = f"Expected {expected}; this is not valid JSON from this line on, or it is cut off. Get it again."
            raise refused(file, sentence, line=getattr(error, "lineno", 1)) from None
        yield document
        at = _skip_blanks(text, at)


def _skip_blanks(text: str, at: int) -> int:
    blanks = JSON_BLANKS.match(text, at)
    return blanks.end() if blanks else at
