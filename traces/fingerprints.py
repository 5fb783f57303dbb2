"""
Keyed fingerprints: recognise a text that was seen before without keeping it.

HMAC-SHA-256 in hex, cut to 32 characters, under a secret of its own. Several keys may be configured: the first one
writes, all of them look up, so that a key can be rotated without losing the rows written under the one before.
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
    """Fingerprint a text as the customer's eye sees it: NFC-normalised and stripped."""
    return _hmac(unicodedata.normalize("NFC", text.strip()), key)


def fingerprints(text: str, keys: Sequence[FingerprintKey]) -> dict[str, str]:
    """Map each key's id to the text's fingerprint under that key."""
    return {key.id: fingerprint(text, key) for key in keys}


def submission_digest(parts: Iterable[str | None], key: FingerprintKey) -> str:
    """Digest what makes two submissions the same one; the parts are kept apart from each other."""
    return _hmac("submission:" + json.dumps(list(parts)), key)


def _hmac(text: str, key: FingerprintKey) -> str:
    return hmac.digest(key.secret.encode(), text.encode(), "sha256").hex()[:LENGTH]
