"""Trace ids: `trace_` and 26 characters of lower-case Crockford base32, 130 random bits. Also what an account id is."""

import re
import secrets
from contextvars import ContextVar
from functools import cache

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
TRACE_ID = "trace_[0-9a-hjkmnp-tv-z]{26}"
LENGTH = len("trace_") + 26
# Not `\d`, which matches the digits of other scripts as well.
ACCOUNT_ID = "acct_[0-9]{5}"

# Letters that Crockford reads as digits, and what mail programs, chats and people put between characters.
LOOK_ALIKES = str.maketrans("oil", "011")
GAP = "[\\s\u00ad\u200b\u2060\ufeff\u2010-\u2015\u2212-]"
# The same without blanks: what follows a blank may be the next word of a sentence.
DASH = GAP.replace("\\s", "")
# All letters but u, which Crockford does not use.
CHARACTER = "[0-9a-tv-z]"
BODY = rf"((?:{CHARACTER}{GAP}*){{25}}{CHARACTER})"
# The beginning of an id that was cut off, say by the edge of a screenshot.
CUT_OFF = rf"({CHARACTER}(?:{DASH}*{CHARACTER}){{5,24}})(?!{DASH}*[^\W_])"
BARE = re.compile(rf"(?<![^\W_])({CHARACTER}{{26}})(?![^\W_])")

# The trace of this thread's request. It is defined here because logging reads it before Django's models can load.
trace_id_in_logs: ContextVar[str | None] = ContextVar("trace_id_in_logs", default=None)


def new_trace_id() -> str:
    number = secrets.randbits(26 * 5)
    return "trace_" + "".join(CROCKFORD[number >> shift & 31] for shift in range(0, 26 * 5, 5))


def with_prefix(shown_or_stored: str, prefix: str) -> str:
    """Put another prefix in front of an id's 26 characters."""
    return f"{prefix}_{shown_or_stored.partition('_')[2]}"


def read_trace_id(text: str, *, prefixes: tuple[str, ...] = ("trace",)) -> str | None:
    """Return the whole id in a text, None if it holds no such id or several."""
    whole = [each for each in read_trace_ids(text, prefixes=prefixes) if len(each) == LENGTH]
    return whole[0] if len(whole) == 1 else None


def read_trace_ids(text: str, *, prefixes: tuple[str, ...] = ("trace",)) -> list[str]:
    """
    Read the ids in a typed or pasted text: in any case, with gaps or line breaks, in a sentence or an address.

    Each is returned once and as the ledger stores it, with `trace_`, whichever of the prefixes it has. What is shorter
    than `LENGTH` is the beginning of an id that was cut off, at least six characters after its prefix.
    """
    text = text.lower()
    prefixed, whole_id, cut_off = _patterns(prefixes)
    whole = whole_id.fullmatch(re.sub(f"{GAP}|_", "", text))
    bodies = [whole[1]] if whole else [plain or quoted for plain, quoted in prefixed.findall(text)]
    bodies = bodies or BARE.findall(text)
    bodies += [] if whole else cut_off.findall(prefixed.sub(" ", text))
    return list(dict.fromkeys("trace_" + re.sub(GAP, "", body).translate(LOOK_ALIKES) for body in bodies))


@cache
def _patterns(prefixes: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """
    Compile the patterns of a prefixed id, of a text that is an id, and of an id that was cut off.

    The admin writes `_` as `_5F`. An id that was cut off needs the `_` or a dash, because words follow "trace".
    """
    named = "|".join(prefixes)
    return (
        # An id ends where its word ends, or where the next id begins.
        re.compile(rf"(?:{named})(?:[\s_-]*{BODY}|_5f{BODY})(?:(?![^\W_])|(?=(?:{named})_))"),
        re.compile(rf"(?:{named})?((?!{named}){CHARACTER}{{26}})"),
        re.compile(rf"(?<![^\W_])(?:{named})[_-]{CUT_OFF}"),
    )
