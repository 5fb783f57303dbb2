"""One sign-in at the issuer, and how it can fail."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Claims = Mapping[str, Any]


class IssuerUnavailable(Exception):
    """The issuer is down, slow, or answers what OpenID Connect does not know."""


class SignInRefused(Exception):
    """What came back is not a fresh sign-in of ours, or its token is not valid."""


@dataclass(frozen=True)
class Attempt:
    """What is kept in the session until the issuer's answer comes back."""

    state: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
