"""The bytes of a file as rows of CSV or as entries of JSON. What no reader could take is refused as a whole."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from access.import_files import EMPTY, Entry, ImportFile, refused, text_lines

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


def json_entries(file: ImportFile, key: str, marks: Sequence[str], expected: str) -> Iterator[Entry]:
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


def _documents(file: ImportFile, expected: str) -> Iterator[Any]:
    text = "".join(text_lines(file))
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
