"""Trace ids: `trace_` and 26 characters of lower-case Crockford base32, 130 random bits."""

import secrets

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
TRACE_ID = "trace_[0-9a-hjkmnp-tv-z]{26}"


def new_trace_id() -> str:
    return "trace_" + "".join(secrets.choice(CROCKFORD) for _ in range(26))


class TraceIdConverter:
    """A trace id in an address; anything else is an address that does not exist."""

    regex = TRACE_ID

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
