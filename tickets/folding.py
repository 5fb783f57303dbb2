"""One spelling for what looks alike: forms of letters, digits of any script, dashes, blanks, quotes. Free of Django."""

import re
import unicodedata

from access.characters import CharacterTable, is_ignorable

_SPELLINGS = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u301d\u301e\u301f", '"'),
    **dict.fromkeys("\u2022\u2027\u2219\u22c5\u30fb", "\N{MIDDLE DOT}"),
    **dict.fromkeys("\u00a6\u2223\u2502", "|"),
    "\N{MINUS SIGN}": "-",
    "\N{DIVISION SLASH}": "/",
    "\N{ARABIC DECIMAL SEPARATOR}": ".",
    "\N{ARABIC THOUSANDS SEPARATOR}": ",",
}
# Accents, lines and rings that belong to no script, where no letter takes them up.
_LOOSE_MARKS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")


def folded(text: str) -> str:
    """Return the compatibility form, with plain digits, dashes, blanks and quotes. Drop invisible characters."""
    return _LOOSE_MARKS.sub("", unicodedata.normalize("NFKC", text.translate(_PLAIN)))


def with_marks_as_letters(text: str) -> str:
    """Put a letter for each mark, such as the vowels of Hindi and Thai, so that expressions find whole words."""
    return text.translate(_LETTERS)


def _plain(character: str) -> str | None:
    category = unicodedata.category(character)
    if is_ignorable(character) or category in {"Cf", "Me"}:
        return None
    # The digits of all scripts, and numbers in circles or brackets, but no fractions.
    if (character.isdecimal() or category == "No") and (number := unicodedata.numeric(character)).is_integer():
        return str(int(number))
    if category in {"Pd", "Zs"}:
        return "-" if category == "Pd" else " "
    form = unicodedata.normalize("NFKC", character)
    return form.translate(_PLAIN) if form != character else _SPELLINGS.get(character, character)


def _letter(character: str) -> str:
    # This letter belongs to no script.
    return "\N{MODIFIER LETTER SMALL H}" if unicodedata.category(character)[0] == "M" else character


_PLAIN, _LETTERS = CharacterTable(_plain), CharacterTable(_letter)
