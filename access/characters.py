"""Which characters of a text a reader sees. Free of Django."""

import re
import unicodedata
from collections.abc import Callable

# Unicode's property Default_Ignorable_Code_Point: shown as nothing, whatever their category.
_IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Cc, Zl and Zp break or steer a line, Cs is half a character, and Cf is invisible: a character of it changes the
# reading direction or hides in a word. Each font shows Co and Cn in its own way, or not at all.
_UNSEEN = frozenset({"Cc", "Zl", "Zp", "Cs", "Cf", "Co", "Cn"})
# Symbols by category, but blank.
_BLANKS = frozenset("\u2800\ufffc\U0001d159")


class CharacterTable(dict[int, str | None]):
    """The table that `str.translate` reads. It adds a character when it first meets it."""

    def __init__(self, spelling: Callable[[str], str | None]) -> None:
        super().__init__()
        self.spelling = spelling

    def __missing__(self, code: int) -> str | None:
        self[code] = spelling = self.spelling(chr(code))
        return spelling


def is_ignorable(character: str) -> bool:
    """Return whether Unicode shows nothing for a character."""
    return _IGNORABLE.match(character) is not None


def is_invisible(character: str) -> bool:
    """Return whether a reader may see nothing of a character. Spaces are visible, ends of lines and tabs are not."""
    return character in _BLANKS or is_ignorable(character) or unicodedata.category(character) in _UNSEEN


def visible(text: str) -> str:
    """Return what a reader sees of a text: no invisible character, and blanks in a row as one space."""
    return " ".join(text.translate(_VISIBLE).split())


_VISIBLE = CharacterTable(lambda character: None if is_invisible(character) and not character.isspace() else character)
