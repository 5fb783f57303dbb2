"""One spelling for what looks alike: forms of letters, digits of any script, dashes, blanks, quotes. Free of Django."""

import re
import unicodedata

_SPELLINGS = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u301d\u301e\u301f", '"'),
    "\N{MINUS SIGN}": "-",
    "\N{ARABIC DECIMAL SEPARATOR}": ".",
    "\N{ARABIC THOUSANDS SEPARATOR}": ",",
}
# Category Mn, but invisible, so that they can hide between two digits.
_INVISIBLE_MARKS = re.compile("[\u034f\ufe00-\ufe0f\U000e0100-\U000e01ef]")


class _Table(dict[int, str | None]):
    """The table that `str.translate` reads. It adds a character when it first meets it."""

    def __missing__(self, code: int) -> str | None:
        self[code] = spelling = _spelling(chr(code))
        return spelling


def folded(text: str) -> str:
    """Return the compatibility form, with plain digits, dashes, blanks and quotes. Drop invisible characters."""
    return unicodedata.normalize("NFKC", text).translate(_TABLE)


def _spelling(character: str) -> str | None:
    category = unicodedata.category(character)
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if category == "Cf" or _INVISIBLE_MARKS.match(character):
        return None
    if category in {"Pd", "Zs"}:
        return "-" if category == "Pd" else " "
    return _SPELLINGS.get(character, character)


_TABLE = _Table()
