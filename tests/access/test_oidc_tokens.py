"""Single sign-on: no token or answer that is not a fresh sign-in of ours lets anybody in."""

import time
from base64 import urlsafe_b64encode
from collections.abc import Callable

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import Client
from joserfc import jws, jwt
from joserfc.jwk import OctKey
from pytest_django.asserts import assertContains

from tests.access.conftest import PASSWORD
from tests.access.issuers import (
    CALLBACK,
    CLIENT_SECRET,
    KEY,
    STRANGE_KEY,
    TinyIssuer,
    begin,
    come_back,
    with_groups,
)
from tests.interfaces.conftest import BROWSER

pytestmark = pytest.mark.any_database


def unsigned(issuer: TinyIssuer, nonce: str) -> str:
    return issuer.sign(nonce, groups=["a"]).rpartition(".")[0] + "."


def with_alg_none(issuer: TinyIssuer, nonce: str) -> str:
    header = urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    return f"{header}.{issuer.sign(nonce, groups=['a']).split('.')[1]}."


def by_strange_key(issuer: TinyIssuer, nonce: str) -> str:
    return jwt.encode({"alg": "ES256", "kid": "strange"}, issuer.claims(nonce, groups=["a"]), STRANGE_KEY)


def by_strange_key_of_our_name(issuer: TinyIssuer, nonce: str) -> str:
    return jwt.encode({"alg": "ES256", "kid": "ours"}, issuer.claims(nonce, groups=["a"]), STRANGE_KEY)


def by_our_secret(issuer: TinyIssuer, nonce: str) -> str:
    key = OctKey.import_key(CLIENT_SECRET + "x" * 32)
    return jwt.encode({"alg": "HS256", "kid": "ours"}, issuer.claims(nonce, groups=["a"]), key)


def claiming(**claims: object) -> Callable[[TinyIssuer, str], str]:
    return lambda issuer, nonce: issuer.sign(nonce, **{"groups": ["a"], **claims})


def without(name: str) -> Callable[[TinyIssuer, str], str]:
    def make(issuer: TinyIssuer, nonce: str) -> str:
        claims = issuer.claims(nonce, groups=["a"])
        del claims[name]
        return jwt.encode({"alg": "ES256", "kid": "ours"}, claims, KEY)

    return make


BAD_TOKENS: dict[str, Callable[[TinyIssuer, str], object]] = {
    "expired": claiming(exp=int(time.time()) - 3600),
    "not yet valid": claiming(nbf=int(time.time()) + 3600),
    "other nonce": claiming(nonce="another"),
    "other audience": claiming(aud="another"),
    "for another party": claiming(aud=["decisions", "another"], azp="another"),
    "other issuer": claiming(iss="https://issuer.test"),
    "odd subject": claiming(sub="ada\x00"),
    "subject that is no text": claiming(sub=5),
    "groups that are no list": claiming(groups={"a": 1}),
    "groups elsewhere": claiming(_claim_names={"groups": "src1"}),
    "claim names that are none": claiming(_claim_names=5),
    "deep": lambda *_: jws.serialize_compact({"alg": "ES256", "kid": "ours"}, b"[" * 5000, KEY),
    "unsigned": unsigned,
    "alg none": with_alg_none,
    "unknown key": by_strange_key,
    "another key of this name": by_strange_key_of_our_name,
    "signed with our secret": by_our_secret,
    **{f"no {name}": without(name) for name in ("exp", "aud", "iss", "nonce", "sub")},
    "no token at all": lambda *_: "",
    "three dots": lambda *_: "...",
}


@pytest.mark.parametrize("make", BAD_TOKENS.values(), ids=BAD_TOKENS.keys())
def test_bad_token_is_refused_and_counted(
    make: Callable[[TinyIssuer, str], object], browser: Client, issuer: TinyIssuer
) -> None:
    issuer.discovery = {"id_token_signing_alg_values_supported": ["none", "HS256", "ES256"]}

    refused = come_back(browser, issuer, lambda nonce: make(issuer, nonce))

    assertContains(refused, "could not be confirmed", status_code=403)
    assert not User.objects.exists()
    assert AccessAttempt.objects.get().failures_since_start == 1


def test_an_answer_is_taken_once(browser: Client, issuer: TinyIssuer) -> None:
    sent = begin(browser)
    issuer.id_token = with_groups(issuer, "a")(sent["nonce"])
    answer = {"state": sent["state"], "code": "code-7d1e"}

    statuses = [browser.get(CALLBACK, answer).status_code for _ in range(2)]
    stolen = Client(headers={"Accept": BROWSER}).get(CALLBACK, answer)

    assert (statuses, stolen.status_code) == ([302, 403], 403)
    # Without a cookie it may be a picture on another site, which must not lock out an office.
    assert AccessAttempt.objects.get().failures_since_start == 1


@pytest.mark.parametrize("answer", [{}, {"state": "x", "code": "c"}, {"error": "access_denied"}, {"state": "é"}])
def test_an_answer_with_another_state_is_refused(browser: Client, issuer: TinyIssuer, answer: dict[str, str]) -> None:
    issuer.id_token = with_groups(issuer, "a")(begin(browser)["nonce"])

    assertContains(browser.get(CALLBACK, answer), "could not be confirmed", status_code=403)
    assert AccessAttempt.objects.get().failures_since_start == 1


def test_a_code_that_the_issuer_refuses_is_refused(browser: Client, issuer: TinyIssuer) -> None:
    issuer.answers = {"/token": (400, {"error": "invalid_grant"})}

    assertContains(come_back(browser, issuer), "could not be confirmed", status_code=403)


def test_failures_lock_an_address_for_both_ways(browser: Client, issuer: TinyIssuer, ada: User) -> None:
    begin(browser)

    statuses = [browser.get(CALLBACK).status_code for _ in range(21)]

    assert statuses == [403] * 20 + [429]
    assert browser.get("/sign-in/oidc").status_code == 429
    assert browser.post("/sign-in", {"username": "ada", "password": PASSWORD}).status_code == 429
