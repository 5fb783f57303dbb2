"""Fixtures that every test may use."""

import gc
import json
import os
from collections.abc import Generator
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from decisions import providers
from rotation.contract import CredentialKind, CredentialState
from rotation.models import Credential
from tests.configuration.serving import demo_database
from tests.fakes import FakeProvider

if TYPE_CHECKING:
    # The stubs have no public name for what the test client returns.
    from django.test.client import _MonkeyPatchedWSGIResponse as Response
else:
    Response = HttpResponse

# Other modules import these from here; `demo_database` is a fixture.
__all__ = ["Response", "demo_database"]

# These ask a real model server, which `make test-model` names.
collect_ignore = [] if "LOCAL_MODEL_URL" in os.environ else ["local_model"]

REPORT = "Service-account key is older than policy and marked stale."


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage among the tests and modules, which stay. Looking took a sixth of the time of collection."""
    gc.disable()
    result = yield
    gc.freeze()
    gc.enable()
    return result


class MakeCredential(Protocol):
    def __call__(
        self,
        account_id: str = ...,
        *,
        item: str = ...,
        kind: CredentialKind = ...,
        state: CredentialState = ...,
        age_days: int = ...,
    ) -> Credential: ...


class Decide(Protocol):
    def __call__(self, body: object = ..., **headers: str) -> Response: ...


@pytest.fixture
def make_credential(db: None) -> MakeCredential:
    def make(
        account_id: str = "acct_10234",
        *,
        item: str = "invoice-sync",
        kind: CredentialKind = CredentialKind.SERVICE_ACCOUNT_KEY,
        state: CredentialState = CredentialState.ACTIVE,
        age_days: int = 12,
    ) -> Credential:
        return Credential.objects.create(
            account_id=account_id,
            item=item,
            kind=kind,
            state=state,
            issued_on=timezone.now().date() - timedelta(days=age_days),
            source="test",
        )

    return make


@pytest.fixture
def credential(make_credential: MakeCredential) -> Credential:
    """An active service-account key of acct_10234, issued 12 days ago."""
    return make_credential()


@pytest.fixture
def provider(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FakeProvider:
    """The provider that the HTTP interfaces ask in this test; it answers `eligible` unless `says` is changed."""
    fake = FakeProvider()
    monkeypatch.setitem(providers.PROVIDERS, "fake", lambda *_: fake)
    settings.DECISION_PROVIDER = "fake"
    return fake


def report(account_id: str = "acct_10234", text: str = REPORT, **more: str) -> dict[str, str]:
    return {"account_id": account_id, "credential_report": text, **more}


@pytest.fixture
def decide(client: Client) -> Decide:
    """Post JSON, or raw text or bytes, to the decision route as a program without cookies does."""

    def post(body: object = None, **headers: str) -> Response:
        raw = body if isinstance(body, str | bytes) else json.dumps(report() if body is None else body)
        return client.post("/rotation/decide", raw, content_type="application/json", headers=headers)

    return post
