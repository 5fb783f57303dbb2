"""Trace ids: `trace_` and 26 characters of lower-case Crockford base32, 130 random bits. Also what an account id is."""

import re
import secrets
from contextvars import ContextVar
from functools import cache

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
TRACE_ID = "trace_[0-9a-hjkmnp-tv-z]{26}"
# Not `\d`, which matches the digits of other scripts as well.
ACCOUNT_ID = "acct_[0-9]{5}"

# Letters that Crockford reads as digits, and what mail programs, chats and people put between characters.
LOOK_ALIKES = str.maketrans("oil", "011")
GAP = "[\\s\u00ad\u200b\u2060\ufeff\u2010-\u2015\u2212-]"
# All letters but u, which Crockford does not use. An id ends where its word ends.
CHARACTER = "[0-9a-tv-z]"
BODY = rf"((?:{CHARACTER}{GAP}*){{25}}{CHARACTER})(?![^\W_])"
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
    """
    Read the one id in a typed or pasted text: in any case, with gaps or line breaks, in a sentence or an address.

    An id under any of the prefixes is returned as the ledger stores it, with `trace_`. A text that holds no id, or
    several, gives None.
    """
    text = text.lower()
    prefixed, whole_id = _patterns(prefixes)
    whole = whole_id.fullmatch(re.sub(f"{GAP}|_", "", text))
    bodies = [whole[1]] if whole else [plain or quoted for plain, quoted in prefixed.findall(text)]
    bodies = bodies or BARE.findall(text)
    ids = {"trace_" + re.sub(GAP, "", body).translate(LOOK_ALIKES) for body in bodies}
    return ids.pop() if len(ids) == 1 else None


@cache
def _patterns(prefixes: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Compile one pattern that finds a prefixed id and one for a text that is an id. The admin writes `_` as `_5F`."""
    named = "|".join(prefixes)
    return re.compile(rf"(?:{named})(?:[\s_-]*{BODY}|_5f{BODY})"), re.compile(rf"(?:{named})?({CHARACTER}{{26}})")
