"""
The secrets of API tokens: `rot_` and 52 characters of lower-case Crockford base32, 260 random bits.

The database keeps their SHA-256. A slow, salted hash is made for passwords, which can be guessed. Here it would cost
time on every request and protect nothing more.
"""

import hashlib
import secrets

from traces.identifiers import CROCKFORD

LENGTH = 52
# The part that the admin keeps showing: 40 of the 260 bits.
PREFIX_LENGTH = len("rot_") + 8


def new_secret() -> str:
    return "rot_" + "".join(secrets.choice(CROCKFORD) for _ in range(LENGTH))


def digest_of(secret: str) -> str:
    """Return the hex SHA-256 by which a token is found. Comparing digests leaks nothing about a guessed token."""
    return hashlib.sha256(secret.encode(errors="surrogateescape")).hexdigest()
