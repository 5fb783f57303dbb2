# ruff: noqa: RUF001 - these are names of other alphabets.
"""Quoted spans and addresses of pages in a folded text. Free of Django."""

import re
import unicodedata
from collections.abc import Iterator

from tickets.folding import with_marks_as_letters

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
# A letter of a script with blanks between words. In other scripts a word may follow an address without a blank.
_LETTER = r"[^\W\d_\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\U0010ffff]"
_START, _NAME = r"(?<![A-Za-z0-9_@.-])", r"(?:[a-z0-9-]+\.)+"
_PATH = rf"(?:(?:[!-~]|{_LETTER})*(?:[a-z0-9/=_-]|{_LETTER}))?"
# Last parts of names in other alphabets. Any other pair of words with a point may be two sentences.
_ENDINGS = with_marks_as_letters(
    "рф|рус|бел|укр|срб|бг|онлайн|сайт|москва|ελ|भारत|ভারত|السعودية|امارات|مصر|ایران|موقع|ไทย|คอม"
    "|中国|中國|公司|网络|网站|台湾|台灣|香港|한국|닷컴|みんな"
)
_WITH_SCHEME = (
    rf"{_START}(?:[a-z][a-z0-9+.-]{{0,20}}://|www\.)"
    rf"(?:{_NAME}[a-z0-9-]+(?![a-z0-9-]|{_LETTER}|\w+\.\w){_PATH}|[^\s<>|\"«»]*[\w/])"
)
# Names of sites and files.
_WITHOUT_SCHEME = (
    rf"(?:{_START}{_NAME}[a-z]{{2,}}(?![a-z0-9_-])"
    rf"|(?<![\w@.-])(?:(?:(?:{_LETTER}|[0-9-])+\.)+(?-i:[a-z]{{2,}})|(?:[\w-]+\.)+(?:{_ENDINGS}))(?![\w-]))(?:[/?#]{_PATH})?"
)
_ADDRESS = re.compile(f"{_WITH_SCHEME}|{_WITHOUT_SCHEME}", re.IGNORECASE)
_BEGINNING = re.compile(r"(?<![a-z0-9])(?:[a-z][a-z0-9+.-]{0,20}://(?:www\.)?|www\.)", re.IGNORECASE)


def quotes(text: str) -> Iterator[tuple[re.Match[str], list[str]]]:
    """Find quoted spans, each with its parts before and after an omission."""
    for match in _QUOTE.finditer(text):
        yield match, _OMISSION.split(match[match.lastindex or 0])


def addresses(text: str) -> Iterator[tuple[int, int]]:
    """Find addresses of pages, and names of sites and files, in any script."""
    return (match.span() for match in _ADDRESS.finditer(with_marks_as_letters(text)))


def without_beginnings(text: str) -> str:
    """Drop the optional beginnings of addresses: the scheme and www."""
    return _BEGINNING.sub(" ", text)


def words(text: str) -> str:
    """Return the words in small letters, with one blank between them."""
    kept = (character if unicodedata.category(character)[0] in "LMN" else " " for character in text.casefold())
    return " ".join("".join(kept).split())
