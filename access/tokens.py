"""
The secrets of API tokens: `rot_` and 52 characters of lower-case Crockford base32, 260 random bits.

What is kept is their SHA-256: against so much chance nothing can be guessed, so that a slow hash with a salt, made for
passwords, would cost time on each request and protect nothing more.
"""

import hashlib
import re
import secrets

from traces.identifiers import CROCKFORD

LENGTH = 52
# What is shown of a token for good, 40 of its 260 bits.
PREFIX_LENGTH = len("rot_") + 8
BEARER = re.compile(r"bearer(?: +(.*))?", re.IGNORECASE)


def new_secret() -> str:
    return "rot_" + "".join(secrets.choice(CROCKFORD) for _ in range(LENGTH))


def digest_of(secret: str) -> str:
    """Return the hex SHA-256 that a token is found by, so that no comparison tells how much of a guess was right."""
    return hashlib.sha256(secret.encode(errors="surrogateescape")).hexdigest()


def read_bearer(authorization: str) -> str | None:
    """Return what an Authorization header bears, perhaps nothing at all; None if it is of another scheme."""
    found = BEARER.fullmatch(authorization.strip())
    return (found[1] or "").strip() if found else None
