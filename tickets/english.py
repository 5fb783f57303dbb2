"""Whether a text is English, by its most common words. Free of Django."""

import re
from collections.abc import Iterable

from tickets.folding import folded

# Common in English and rare in other languages, so without "in", "die", "me" and "was". The last are words of support.
_COMMON_WORDS = """
    the and my your you it this that these with from not have has had been are were but what when which they their our
    is of for to i i'm i've can't don't doesn't didn't won't it's isn't would could should please there how why get got
    just after since still again want wants need help if or be by can did does out than then because also any about more
    now only other into over before
    order ordered refund charged charge twice paid payment invoice account password login app crash crashes error
    customer delivery delivered parcel wrong broken missing received return cancel subscription website page says
    working stopped update phone thanks thank hello arrived
"""
_COMMON = frozenset(_COMMON_WORDS.split())
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
COMMON_SHARE, LATIN_SHARE = 0.2, 0.8


def is_english(text: str) -> bool:
    """Return whether enough of the words are common English ones, and nearly all letters are those of English."""
    words = _WORD.findall(folded(text).casefold())
    letters = [character.isascii() for character in text if character.isalpha()]
    return _share(word in _COMMON for word in words) >= COMMON_SHARE and _share(letters) >= LATIN_SHARE


def _share(flags: Iterable[bool]) -> float:
    counted = list(flags)
    return sum(counted) / len(counted) if counted else 0.0
