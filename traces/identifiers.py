"""Trace ids: `trace_` and 26 characters of lower-case Crockford base32, 130 random bits; and what an account id is."""

import re
import secrets
from contextvars import ContextVar

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
TRACE_ID = "trace_[0-9a-hjkmnp-tv-z]{26}"
# Not `\d`, which takes the digits of other scripts as well.
ACCOUNT_ID = "acct_[0-9]{5}"

# What Crockford takes for a digit, and what mail programs, chats and people put between characters.
LOOK_ALIKES = str.maketrans("oil", "011")
GAP = "[\\s\u00ad\u200b\u2060\ufeff\u2010-\u2015\u2212-]"
# All letters but u, which stands for nothing; an id ends where its word ends.
CHARACTER = "[0-9a-tv-z]"
BODY = rf"((?:{CHARACTER}{GAP}*){{25}}{CHARACTER})(?![^\W_])"
# The admin's addresses write the underscore as _5F.
PREFIXED = re.compile(rf"trace(?:[\s_-]*{BODY}|_5f{BODY})")
BARE = re.compile(rf"(?<![^\W_])({CHARACTER}{{26}})(?![^\W_])")
WHOLE = re.compile(rf"(?:trace)?({CHARACTER}{{26}})")

# The trace that this thread's request is about. It is here because logging reads it before Django's models can load.
trace_id_in_logs: ContextVar[str | None] = ContextVar("trace_id_in_logs", default=None)


def new_trace_id() -> str:
    number = secrets.randbits(26 * 5)
    return "trace_" + "".join(CROCKFORD[number >> shift & 31] for shift in range(0, 26 * 5, 5))


def read_trace_id(text: str) -> str | None:
    """
    Read the one trace id in what a person typed or pasted: in any case, grouped or broken, in a sentence or an address.

    A text that holds none, or several, reads as none.
    """
    text = text.lower()
    whole = WHOLE.fullmatch(re.sub(f"{GAP}|_", "", text))
    bodies = [whole[1]] if whole else _marked(text) or BARE.findall(text)
    ids = {"trace_" + re.sub(GAP, "", body).translate(LOOK_ALIKES) for body in bodies}
    return ids.pop() if len(ids) == 1 else None


def _marked(text: str) -> list[str]:
    return [plain or quoted for plain, quoted in PREFIXED.findall(text)]


class TraceIdConverter:
    """A trace id in an address; anything else is an address that does not exist."""

    regex = TRACE_ID

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
