"""A summary is one visible line. Free of Django."""

import unicodedata

# Cc, Zl and Zp break or steer a line, Cs is half a character, and Cf is invisible: a character
# of it changes the reading direction or hides in a word.
_REFUSED = frozenset({"Cc", "Zl", "Zp", "Cs", "Cf"})
# Persian, the scripts of India and joined emoji need these two. After a letter of ASCII they only hide something.
_JOINERS = frozenset("\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}")
# Letters by category, but blank.
_EMPTY_LETTERS = frozenset("\u115f\u1160\u3164\uffa0")


def is_one_line(text: str) -> bool:
    """Return whether a text has one line, a letter or digit, and no hidden character."""
    return without_hidden(text) == text and any(character.isalnum() for character in text)


def without_hidden(text: str) -> str:
    """Drop the characters that a summary must not have."""
    kept: list[str] = []
    for character in text:
        if not _is_hidden(character, kept[-1] if kept else ""):
            kept.append(character)
    return "".join(kept)


def _is_hidden(character: str, before: str) -> bool:
    if character in _JOINERS:
        return before.isascii() or before in _JOINERS
    return character in _EMPTY_LETTERS or unicodedata.category(character) in _REFUSED
