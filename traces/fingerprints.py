"""
Keyed fingerprints: recognise a text that was seen before without keeping it.

A fingerprint is an HMAC-SHA-256 in hex, cut to 32 characters, under a secret of its own. Several keys may be
configured: the first one writes, and all of them look up. So rows of the previous key are still found after a rotation.
"""

import hmac
import json
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

LENGTH = 32


@dataclass(frozen=True)
class FingerprintKey:
    id: str
    secret: str = field(repr=False)


def fingerprint(text: str, key: FingerprintKey) -> str:
    """Fingerprint the text after NFC normalisation and stripping, so that texts that look the same match."""
    return _hmac(unicodedata.normalize("NFC", text.strip()), key)


def fingerprints(text: str, keys: Sequence[FingerprintKey]) -> dict[str, str]:
    """Map each key's id to the text's fingerprint under that key."""
    return {key.id: fingerprint(text, key) for key in keys}


def submission_digest(parts: Iterable[str | None], key: FingerprintKey) -> str:
    """Digest the parts that identify a submission. JSON keeps the parts apart from each other."""
    return _hmac("submission:" + json.dumps(list(parts)), key)


def _hmac(text: str, key: FingerprintKey) -> str:
    return hmac.digest(key.secret.encode(), text.encode(), "sha256").hex()[:LENGTH]
