"""Quoted spans and addresses of pages in a folded text. Free of Django."""

import re
import unicodedata
from collections.abc import Iterator

# French, German and East Asian marks, double and single ones, and those of code. An apostrophe is no mark, and neither
# is the sign of inches or the mark within Hebrew abbreviations.
_QUOTE = re.compile(
    r"""«\s?([^«»]+?)\s?»|»(?=\S)([^«»]+?)(?<=\S)«|\u2039\s?([^\u2039\u203a]+?)\s?\u203a
    |[「『《〈]([^「『《〈〉》』」]+)[〉》』」]|`([^`]+)`
    |(?<![A-Za-z0-9א-ת])"(?=\S)([^"]+?)(?<=\S)"(?![A-Za-z0-9])
    |(?<!\w)'(?=\S)((?:[^']|(?<=\w)'(?=\w))+?)(?<=\S)'(?!\w)""",
    re.VERBOSE,
)
_OMISSION = re.compile(r"\.{3}|\[[^\]]*\]")
_ADDRESS = re.compile(
    r"(?<![\w@.-])(?:(?:[a-z][a-z0-9+.-]*://|www\.)[!-~]*[a-z0-9/]|(?:[a-z0-9-]+\.)+[a-z]{2,}(?![\w-])"
    r"(?:[/?#](?:[!-~]*[a-z0-9/=_-])?)?)",
    re.IGNORECASE | re.ASCII,
)
_BEGINNING = re.compile(r"(?<![a-z0-9])(?:[a-z][a-z0-9+.-]{0,20}://(?:www\.)?|www\.)", re.IGNORECASE)


def quotes(text: str) -> Iterator[tuple[re.Match[str], list[str]]]:
    """Find quoted spans, each with its parts before and after an omission."""
    for match in _QUOTE.finditer(text):
        yield match, _OMISSION.split(match[match.lastindex or 0])


def addresses(text: str) -> Iterator[re.Match[str]]:
    """Find addresses of pages, and names of sites and files."""
    return _ADDRESS.finditer(text)


def without_beginnings(text: str) -> str:
    """Drop the optional beginnings of addresses: the scheme and www."""
    return _BEGINNING.sub("", text)


def words(text: str) -> str:
    """Return the words in small letters, with one blank between them."""
    kept = (character if unicodedata.category(character)[0] in "LMN" else " " for character in text.casefold())
    return " ".join("".join(kept).split())
