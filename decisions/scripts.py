"""In which script a letter is. Free of Django."""

import unicodedata
from functools import lru_cache

EAST_ASIAN = "HAN"
# Japanese and Chinese mix these, so they count as one. Korean text is all Hangul, which stands alone.
_EAST_ASIAN_NAMES = frozenset(
    {"CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HENTAIGANA", "BOPOMOFO"}
)
# Letters by category that are symbols of every script, such as µ, º and the letters of formulas.
_SYMBOL_NAMES = frozenset(
    {
        *("ALEF", "ANGSTROM", "BET", "BLACK-LETTER", "CARON", "DALET", "DOUBLE-STRUCK", "EULER", "FEMININE", "GIMEL"),
        *("INFORMATION", "KELVIN", "MASCULINE", "MASU", "MATHEMATICAL", "MICRO", "MODIFIER", "OHM", "PLANCK", "ROMAN"),
        *("SCRIPT", "SUPERSCRIPT", "TURNED", "VERTICAL"),
    }
)
# The Greek letters of micro and ohm, which keyboards write for the signs.
_UNITS = "\u03bc\u03a9"
_WITHOUT_BLANKS = frozenset({EAST_ASIAN, "THAI", "LAO", "KHMER", "MYANMAR"})


@lru_cache(maxsize=4096)
def script_of(character: str) -> str | None:
    """Return the script of a letter or of a mark on one, and None for what all scripts share."""
    if unicodedata.category(character)[0] not in "LM" or character in _UNITS:
        return None
    # A letter's name begins with its script. A letter without a name is in a script of its own.
    words = unicodedata.name(character, "UNNAMED").split()
    name = words[1] if words[0] in {"FULLWIDTH", "HALFWIDTH"} else words[0]
    if name in _EAST_ASIAN_NAMES:
        return EAST_ASIAN
    return None if name in _SYMBOL_NAMES else name


def letters_without_blanks(text: str) -> int:
    """Count the letters and marks of scripts that put no blanks between words."""
    return sum(script_of(character) in _WITHOUT_BLANKS for character in text)
