"""CSRF: a request with one of our cookies needs a token of our page. Requests without them need none."""

import json

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from rotation.models import Credential
from tests.conftest import Response, report
from tests.fakes import FakeProvider
from tests.interfaces.conftest import BROWSER, problem
from traces.models import TraceRecord

pytestmark = pytest.mark.any_database

DECIDE = "/rotation/decide"
# The last one is still read over HTTPS.
COOKIES = {
    "http": ["submitter", "sessionid", "csrftoken"],
    "https": ["__Host-submitter", "__Host-sessionid", "__Host-csrftoken", "submitter"],
}


@pytest.fixture
def strict(db: None) -> Client:
    return Client(enforce_csrf_checks=True)


def post(client: Client, **headers: str) -> Response:
    return client.post(DECIDE, json.dumps(report()), content_type="application/json", headers=headers)


def give_token(client: Client) -> str:
    client.get("/")
    return client.cookies["csrftoken"].value


def test_request_without_our_cookies_needs_no_token(
    strict: Client, credential: Credential, provider: FakeProvider
) -> None:
    without_cookies = post(strict)
    strict.cookies["theme"] = "dark"
    with_a_foreign_cookie = post(strict)

    assert without_cookies.json()["status"] == with_a_foreign_cookie.json()["status"] == "completed"


@pytest.mark.parametrize("scheme", COOKIES)
def test_request_with_our_cookie_needs_a_token(
    credential: Credential, provider: FakeProvider, settings: Settings, subtests: pytest.Subtests, scheme: str
) -> None:
    settings.SUBMITTER_COOKIE_NAME, settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = COOKIES[scheme][:3]
    for cookie in COOKIES[scheme]:
        with subtests.test(cookie):
            client = Client(enforce_csrf_checks=True)
            client.cookies[cookie] = "x" * 32
            assert problem(post(client, Accept="text/html"), 403)["type"] == "urn:problem-type:csrf-failed"

    assert provider.calls == []
    assert not TraceRecord.objects.exists()


def test_signed_in_user_needs_a_token(strict: Client, credential: Credential, provider: FakeProvider) -> None:
    strict.force_login(User.objects.create_user("ada"))

    response = post(strict)

    assert problem(response, 403)
    assert provider.calls == []


def test_token_in_the_header_is_accepted(strict: Client, credential: Credential, provider: FakeProvider) -> None:
    token = give_token(strict)

    response = post(strict, **{"X-CSRFToken": token})

    assert response.json()["status"] == "completed"
    assert TraceRecord.objects.get().submitter.startswith("browser:")


def test_wrong_csrf_token_is_refused(strict: Client, credential: Credential, provider: FakeProvider) -> None:
    give_token(strict)

    response = post(strict, **{"X-CSRFToken": "y" * 32})

    assert problem(response, 403)
    assert provider.calls == []


def test_form_without_a_token_is_refused_on_a_page(
    strict: Client, credential: Credential, provider: FakeProvider
) -> None:
    response = strict.post("/", report(), headers={"Accept": BROWSER})

    assert (response.status_code, response["Content-Type"]) == (403, "text/html; charset=utf-8")
    assert "We could not confirm that this came from our page." in response.text
    assert not TraceRecord.objects.exists()


def test_form_with_its_token_is_accepted(strict: Client, credential: Credential, provider: FakeProvider) -> None:
    token = give_token(strict)

    response = strict.post("/", {**report(), "csrfmiddlewaretoken": token})

    assert response.status_code == 303
