"""A summary is one visible line. Free of Django."""

import unicodedata

from access.characters import is_invisible
from decisions.scripts import script_of

_JOINERS = frozenset("\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}")
# Elsewhere the joiners only hide something, except in emoji.
_JOINING_SCRIPTS = frozenset(
    {
        *("ARABIC", "SYRIAC", "NKO", "MONGOLIAN", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL"),
        *("TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "TIBETAN", "MYANMAR", "KHMER", "BALINESE", "JAVANESE"),
    }
)
_EMOJI_SELECTOR, _LETTER_AS_EMOJI = "\N{VARIATION SELECTOR-16}", "\N{INFORMATION SOURCE}"
# Burmese puts six marks on a letter. More of them cover the lines above and below.
MOST_MARKS = 6


def is_one_line(text: str) -> bool:
    """Return whether a text has one line, a letter or digit, and no hidden character."""
    return without_hidden(text) == text and any(character.isalnum() for character in text)


def without_hidden(text: str) -> str:
    """Drop the characters that a summary must not have."""
    kept: list[str] = []
    marks = 0
    for character in text:
        if _is_hidden(character, kept[-1] if kept else " "):
            continue
        marks = marks + 1 if unicodedata.category(character)[0] == "M" or character in _JOINERS else 0
        if marks <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def _is_hidden(character: str, before: str) -> bool:
    if character in _JOINERS:
        is_in_emoji = before == _EMOJI_SELECTOR or unicodedata.category(before) in {"So", "Sk"}
        return not is_in_emoji and script_of(before) not in _JOINING_SCRIPTS
    if character == _EMOJI_SELECTOR:
        # After a symbol, and also after 1, # or !, but after no letter except one.
        return before != _LETTER_AS_EMOJI and unicodedata.category(before)[0] not in "NPS"
    return is_invisible(character)
