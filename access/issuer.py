"""
The issuer of single sign-on: OpenID Connect's authorization code flow, with state, nonce and PKCE.

Nothing of it is kept from one sign-in to the next, so new keys and addresses of the issuer hold at once. joserfc checks
signatures and claims. Only the public keys that the issuer publishes are taken, never an algorithm without one.
"""

from base64 import b64encode
from hashlib import sha256
from http import HTTPStatus
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import quote_plus, urlencode

import httpx2
from django.conf import settings
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64encode
from pydantic import BaseModel, Field, ValidationError

from access.attempts import Attempt, Claims, IssuerUnavailable, SignInRefused
from boundary.transport import CurlTransport
from traces.deadlines import Clock, seconds_left

# All questions of one step together. A person waits for them.
PATIENCE_SECONDS = 8
# How far the issuer's clock and ours may differ.
LEEWAY_SECONDS = 60
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")


class Discovery(BaseModel):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]


class Keys(BaseModel):
    keys: list[dict[str, Any]]


class Tokens(BaseModel):
    id_token: str = Field(max_length=100_000)


Answer = TypeVar("Answer", bound=BaseModel)


class Issuer:
    """:raises IssuerUnavailable: as every method does"""

    def __init__(self) -> None:
        self._clock = Clock(monotonic() + PATIENCE_SECONDS)
        path = ".well-known/openid-configuration"
        self._addresses = self._ask(Discovery, f"{settings.OIDC_ISSUER.rstrip('/')}/{path}")
        if self._addresses.issuer != settings.OIDC_ISSUER:
            raise IssuerUnavailable

    def address_of(self, attempt: Attempt, *, redirect_uri: str) -> str:
        """Return where the browser asks for a sign-in."""
        query = {
            "response_type": "code",
            "client_id": settings.OIDC_CLIENT_ID,
            "redirect_uri": redirect_uri,
            "scope": settings.OIDC_SCOPES,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": urlsafe_b64encode(sha256(attempt.verifier.encode()).digest()).decode(),
            "code_challenge_method": "S256",
        }
        address = self._addresses.authorization_endpoint
        return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"

    def claims_of(self, code: str, attempt: Attempt, *, redirect_uri: str) -> Claims:
        """
        Exchange the code for an id token, and return what it says of the user.

        :raises SignInRefused: the issuer does not take the code, or the token is not valid
        """
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        form |= {"code_verifier": attempt.verifier, "client_id": settings.OIDC_CLIENT_ID}
        headers = {}
        if "client_secret_basic" in self._addresses.token_endpoint_auth_methods_supported:
            pair = f"{quote_plus(settings.OIDC_CLIENT_ID)}:{quote_plus(settings.OIDC_CLIENT_SECRET)}"
            headers = {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
        else:
            form["client_secret"] = settings.OIDC_CLIENT_SECRET
        tokens = self._ask(Tokens, self._addresses.token_endpoint, data=form, headers=headers)
        keys = self._ask(Keys, self._addresses.jwks_uri)
        rules = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": settings.OIDC_ISSUER},
            aud={"essential": True, "value": settings.OIDC_CLIENT_ID},
            nonce={"essential": True, "value": attempt.nonce},
            exp={"essential": True},
            sub={"essential": True},
            azp={"value": settings.OIDC_CLIENT_ID},
        )
        try:
            key_set = KeySet.import_key_set({"keys": keys.keys})
            registry = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
            token = jwt.decode(tokens.id_token, key_set, registry=registry)
            rules.validate(token.claims)
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            raise SignInRefused from None
        return token.claims

    def _ask(self, shape: type[Answer], address: str, **post: Any) -> Answer:
        """:raises SignInRefused: the issuer refuses what was posted"""
        if not address.startswith(
            ("https://", "http://") if settings.OIDC_ISSUER.startswith("http://") else "https://"
        ):
            raise IssuerUnavailable
        left = seconds_left()
        seconds = self._clock.seconds_left if left is None else min(left, self._clock.seconds_left)
        timeout = httpx2.Timeout(seconds).as_dict()
        try:
            request = httpx2.Request("POST" if post else "GET", address, extensions={"timeout": timeout}, **post)
            response = CurlTransport({}, None).handle_request(request)
            if post and response.status_code == HTTPStatus.BAD_REQUEST:
                raise SignInRefused
            # The body of any other error is dropped, so it has no shape.
            return shape.model_validate_json(response.content)
        except (httpx2.RequestError, httpx2.InvalidURL, ValidationError):
            raise IssuerUnavailable from None
