"""CSRF: a request that carries a cookie of ours proves that a page of ours sent it; one without cookies need not."""

import json
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import User
from django.test import Client

from rotation.models import Credential
from tests.conftest import report
from tests.faces.conftest import BROWSER, problem
from tests.fakes import FakeProvider
from traces.models import TraceRecord

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

DECIDE = "/rotation/decide"
COOKIES = ["submitter", "sessionid", "csrftoken"]


@pytest.fixture
def strict(db: None) -> Client:
    return Client(enforce_csrf_checks=True)


def post(client: Client, **headers: str) -> "Response":
    return client.post(DECIDE, json.dumps(report()), content_type="application/json", headers=headers)


def give_token(client: Client) -> str:
    client.get("/")
    return client.cookies["csrftoken"].value


def test_a_program_without_cookies_needs_no_token(
    strict: Client, credential: Credential, provider: FakeProvider
) -> None:
    response = post(strict)

    assert response.json()["status"] == "completed"


def test_a_foreign_cookie_asks_for_no_token(strict: Client, credential: Credential, provider: FakeProvider) -> None:
    strict.cookies["theme"] = "dark"

    response = post(strict)

    assert response.json()["status"] == "completed"


@pytest.mark.parametrize("cookie", COOKIES)
def test_a_cookie_of_ours_asks_for_a_token(
    strict: Client, credential: Credential, provider: FakeProvider, cookie: str
) -> None:
    strict.cookies[cookie] = "x" * 32

    response = post(strict, Accept="text/html")

    assert problem(response, 403)["type"] == "urn:problem-type:csrf-failed"
    assert provider.calls == []
    assert not TraceRecord.objects.exists()


def test_a_signed_in_user_needs_a_token(strict: Client, credential: Credential, provider: FakeProvider) -> None:
    strict.force_login(User.objects.create_user("ada"))

    response = post(strict)

    assert problem(response, 403)
    assert provider.calls == []


def test_a_token_in_the_header_is_enough(strict: Client, credential: Credential, provider: FakeProvider) -> None:
    token = give_token(strict)

    response = post(strict, **{"X-CSRFToken": token})

    assert response.json()["status"] == "completed"
    assert TraceRecord.objects.get().submitter.startswith("browser:")


def test_a_wrong_token_is_refused(strict: Client, credential: Credential, provider: FakeProvider) -> None:
    give_token(strict)

    response = post(strict, **{"X-CSRFToken": "y" * 32})

    assert problem(response, 403)
    assert provider.calls == []


def test_a_form_from_elsewhere_is_refused_on_a_page(
    strict: Client, credential: Credential, provider: FakeProvider
) -> None:
    response = strict.post("/", report(), headers={"Accept": BROWSER})

    assert (response.status_code, response["Content-Type"]) == (403, "text/html; charset=utf-8")
    assert "We could not confirm that this came from our page." in response.text
    assert not TraceRecord.objects.exists()


def test_our_own_form_passes(strict: Client, credential: Credential, provider: FakeProvider) -> None:
    token = give_token(strict)

    response = strict.post("/", {**report(), "csrfmiddlewaretoken": token})

    assert response.status_code == 303
