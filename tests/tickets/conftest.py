"""The tickets workflow behind HTTP, with a provider that the test scripts."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from decisions import providers
from tests.conformance.conftest import Scripted, Site
from tickets.workflow import TICKETS

TEXT = "Hello, I was charged 49.90 EUR twice for order A-102. Please refund one payment. Ana"
ANSWER = {
    "category": "billing",
    "priority": "high",
    "summary": "Customer was charged 49.90 EUR twice for order A-102 and asks for a refund.",
}


def scripted_site(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The workflow with a provider whose answer holds for TEXT."""
    provider = Scripted(TICKETS, says=json.dumps(ANSWER))
    monkeypatch.setitem(providers.PROVIDERS, "scripted", lambda *_asked: provider)
    settings.DECISION_PROVIDER = "scripted"
    return Site(TICKETS, provider, Client())


@pytest.fixture
def site(settings: Settings, monkeypatch: pytest.MonkeyPatch, db: None) -> Site:
    return scripted_site(settings, monkeypatch)


def page_of(site: Site, text: str = TEXT) -> str:
    """Send the form and return the page that it leads to."""
    sent = site.client.post("/tickets/", {"text": text, "submission_key": "0123456789abcdef"})
    return site.client.get(sent["Location"], headers={"Accept": "text/html"}).text


@pytest.fixture
def extract(site: Site) -> Callable[..., dict[str, Any]]:
    """Send a text and return the JSON of its ticket."""

    def send(text: str = TEXT, **headers: str) -> dict[str, Any]:
        body: dict[str, Any] = site.send({"text": text}, **headers).json()
        return body

    return send
