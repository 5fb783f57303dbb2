"""Single sign-on: an issuer that is down, slow or answers nonsense leads to an honest page."""

import socket
import time
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings
from pytest_django.asserts import assertContains

from access import issuer as issuer_module
from tests.access.conftest import PASSWORD
from tests.access.issuers import (
    CALLBACK,
    DISCOVERY,
    TinyIssuer,
    begin,
    come_back,
    trust,
    with_groups,
)

pytestmark = pytest.mark.any_database


NONSENSE = {
    "error": (500, {}),
    "redirect": (302, b""),
    "html": (200, b"<html>"),
    "list": (200, []),
    "empty": (200, {}),
    "bytes": (200, b"\xff\xfe"),
}


@pytest.mark.parametrize("answer", NONSENSE.values(), ids=NONSENSE.keys())
@pytest.mark.parametrize("path", ["/token", "/keys"])
def test_nonsense_is_an_honest_page(
    browser: Client, issuer: TinyIssuer, settings: Settings, path: str, answer: tuple[int, Any]
) -> None:
    settings.SUPPORT_CONTACT = "help@example.com"
    issuer.answers = {path: answer}

    page = come_back(browser, issuer, with_groups(issuer, "a"))

    assertContains(page, "does not answer as it should", status_code=503)
    assertContains(page, 'ask <a href="mailto:help@example.com">', status_code=503)
    assert not AccessAttempt.objects.exists()


@pytest.mark.parametrize("answer", NONSENSE.values(), ids=NONSENSE.keys())
def test_nonsense_at_the_start_is_an_honest_page(browser: Client, issuer: TinyIssuer, answer: tuple[int, Any]) -> None:
    issuer.answers = {DISCOVERY: answer}

    assertContains(browser.get("/sign-in/oidc"), "does not answer as it should", status_code=503)


@pytest.mark.parametrize(
    ("name", "value"),
    [("issuer", "https://issuer.test"), ("token_endpoint", "ftp://x"), ("jwks_uri", "http://[x"), ("jwks_uri", "")],
)
def test_an_issuer_that_names_itself_or_its_parts_oddly_is_not_used(
    browser: Client, issuer: TinyIssuer, name: str, value: str
) -> None:
    sent = begin(browser)
    issuer.discovery = {name: value}
    issuer.id_token = with_groups(issuer, "a")(sent["nonce"])

    page = browser.get(CALLBACK, {"state": sent["state"], "code": "c"})

    assertContains(page, "does not answer as it should", status_code=503)


def test_keys_that_are_none_let_nobody_in(browser: Client, issuer: TinyIssuer) -> None:
    odd: list[list[dict[str, object]]] = [[], [{"kty": "XX"}], [{}], [{"kty": "EC", "crv": "P-256", "x": "?", "y": 1}]]
    for keys in odd:
        issuer.answers = {"/keys": (200, {"keys": keys})}
        assert come_back(browser, issuer, with_groups(issuer, "a")).status_code == 403, keys


# Without the transaction of a test, so that the connection is given back while the issuer is asked.
@pytest.mark.django_db(transaction=True)
def test_an_issuer_that_is_down_leaves_the_password(browser: Client, settings: Settings, ada: User) -> None:
    trust(settings, "http://127.0.0.1:9")

    page = browser.get("/sign-in/oidc")

    assertContains(page, "If you have a password here", status_code=503)
    assertContains(page, "ask the operator of this service", status_code=503)
    assert browser.post("/sign-in", {"username": "ada", "password": PASSWORD}).status_code == 302


def test_a_silent_issuer_takes_no_more_than_its_time(
    browser: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuer_module, "PATIENCE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        trust(settings, f"http://127.0.0.1:{silent.getsockname()[1]}")
        started = time.monotonic()

        assert browser.get("/sign-in/oidc").status_code == 503

    assert time.monotonic() - started < 10
