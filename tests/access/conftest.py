"""Members mode: two accounts with records, one without, and the clients that ask about them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from access.models import ApiToken, Membership
from tests.access.issuers import TinyIssuer, tiny_issuer, trust
from tests.conftest import MakeCredential, Response, report
from tests.fakes import FakeProvider
from tests.interfaces.conftest import BROWSER

OWN, FOREIGN, UNKNOWN = "acct_10234", "acct_20468", "acct_99999"
PASSWORD = "correct-horse-battery"
TRACE_ID = re.compile(r"trace_[0-9a-z]{26}")
VARYING = re.compile(r'name="(?:csrfmiddlewaretoken|submission_key)" value="[\w-]+"|<time .*?</time>')


@dataclass
class Visitor:
    """A client with what it always sends."""

    client: Client = field(default_factory=Client)
    headers: dict[str, str] = field(default_factory=dict)

    def ask_json(self, account: str, **more: str) -> Response:
        body = report(account)
        headers = self.headers | more
        return self.client.post("/rotation/decide", body, content_type="application/json", headers=headers)

    def ask_page(self, account: str, **more: str) -> Response:
        return self.client.post("/", report(account) | more, headers=self.headers | {"Accept": BROWSER})

    def read(self, trace_id: str, accept: str = "*/*") -> Response:
        return self.client.get(f"/rotation/{trace_id}", headers=self.headers | {"Accept": accept})


@pytest.fixture(autouse=True)
def _members(settings: Settings) -> None:
    settings.ACCESS = "members"
    cache.clear()


@pytest.fixture(autouse=True)
def records(make_credential: MakeCredential, provider: FakeProvider) -> None:
    make_credential(OWN)
    # Two active records: their members get `credential_ambiguous`.
    make_credential(FOREIGN)
    make_credential(FOREIGN, item="loader-blue", age_days=45)


@pytest.fixture
def browser() -> Client:
    return Client(headers={"Accept": BROWSER})


@pytest.fixture
def ada() -> User:
    """A member of the account OWN."""
    user = User.objects.create_user("ada", "ada@example.test", PASSWORD)
    Membership.objects.create(user=user, account_id=OWN)
    return user


def signed_in(name: str, *accounts: str, superuser: bool = False) -> Visitor:
    user = User.objects.create_user(name, f"{name}@example.test", PASSWORD, is_superuser=superuser, is_staff=superuser)
    Membership.objects.bulk_create(Membership(user=user, account_id=account) for account in accounts)
    visitor = Visitor()
    visitor.client.force_login(user)
    return visitor


def issued(name: str, *accounts: str, days: int | None = None) -> tuple[ApiToken, Visitor]:
    """Make a token that expires after so many days."""
    expires_on = None if days is None else timezone.now().date() + timedelta(days=days)
    token = ApiToken(name=name, expires_on=expires_on)
    return token, bearing(token.issue(accounts))


def bearing(secret: str) -> Visitor:
    return Visitor(headers={"Authorization": f"Bearer {secret}"})


def alike(response: Response) -> tuple[object, ...]:
    """Return the response without its trace id, its time and what is random on every page."""
    names = {name: TRACE_ID.sub("…", value) for name, value in response.headers.items()}
    return response.status_code, names, VARYING.sub("", TRACE_ID.sub("…", response.text))


GROUPS = {"ROLES": {"ops": ("operator",), "eng": ("engineer",)}, "ACCOUNTS": {"a": (OWN,), "b": (FOREIGN, OWN)}}


@pytest.fixture
def issuer(settings: Settings) -> Iterator[TinyIssuer]:
    """An issuer of single sign-on that is trusted, with a mapping of its groups."""
    with tiny_issuer() as issuer:
        trust(settings, issuer.url, **GROUPS)
        yield issuer
