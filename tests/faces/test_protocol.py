"""What every route owes to HTTP: types, lengths, methods, unknown addresses, and no fault of ours for any of it."""

import json
from io import BytesIO
from itertools import product
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from rotation import providers
from rotation.models import Credential
from tests.conftest import Decide, report
from tests.faces.conftest import BROWSER, CANARY, database_down, problem
from tests.fakes import FakeProvider
from traces.identifiers import new_trace_id
from traces.models import TraceRecord

DECIDE = "/rotation/decide"


class LostConnection(BytesIO):
    def read(self, *_size: object) -> bytes:
        raise ConnectionResetError(CANARY)


def test_another_content_type_is_refused(
    client: Client, credential: Credential, provider: FakeProvider, subtests: pytest.Subtests
) -> None:
    form, parts = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
    near = ("application/problem+json", "application/jsonp", "text/json", "text/plain")

    for content_type in (form, parts, *near, CANARY, ""):
        with subtests.test(content_type):
            response = client.post(DECIDE, json.dumps(report()), content_type=content_type)
            assert problem(response, 415)["detail"] == "Send application/json."
            assert CANARY not in response.text

    assert provider.calls == []
    assert not TraceRecord.objects.exists()


def test_a_body_without_a_stated_length_is_refused(
    decide: Decide, credential: Credential, provider: FakeProvider
) -> None:
    response = decide(None, **{"Transfer-Encoding": "chunked"})

    assert problem(response, 411)["type"] == "urn:problem-type:length-required"
    assert provider.calls == []


def test_a_body_that_breaks_off_is_refused(client: Client, db: None) -> None:
    extra: dict[str, Any] = {"wsgi.input": LostConnection()}

    response = client.generic("POST", DECIDE, "{}", content_type="application/json", **extra)

    assert problem(response, 400)["type"] == "urn:problem-type:bad-request"


@pytest.mark.parametrize("length", ["abc", "-5"])
def test_a_length_that_is_no_number_is_refused(client: Client, db: None, length: str) -> None:
    client.raise_request_exception = False

    response = client.generic("POST", DECIDE, "{}", content_type="application/json", CONTENT_LENGTH=length)

    assert 400 <= response.status_code < 500


def test_other_methods_are_refused(client: Client, subtests: pytest.Subtests) -> None:
    allowed = {DECIDE: "POST", "/": "GET, POST, HEAD", f"/rotation/{new_trace_id()}": "GET, HEAD"}

    for path, methods in allowed.items():
        for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - set(methods.split(", ")):
            with subtests.test(f"{method} {path}"):
                response = client.generic(method, path)
                assert (response.status_code, response["Allow"]) == (405, methods)
                assert method == "HEAD" or problem(response, 405)


def test_an_unknown_address_is_a_problem_for_programs(client: Client, subtests: pytest.Subtests) -> None:
    paths = ("/nowhere", "/rotation", "/rotation/", "/rotation/trace_1", "/rotation/decide/")
    accepts = ("", "*/*", "application/json", "application/problem+json", "image/png")

    for path, accept in product(paths, accepts):
        with subtests.test(f"{path} {accept}"):
            response = client.get(path, headers={"Accept": accept})
            assert problem(response, 404)["type"] == "urn:problem-type:not-found"
            assert "Accept" in response["Vary"]


def test_an_unknown_address_is_a_page_for_browsers(browser: Client) -> None:
    response = browser.get(f"/{CANARY}")

    assert (response.status_code, response["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "There is nothing here that you may read." in response.text
    assert CANARY not in response.text
    assert "Accept" in response["Vary"]


def test_the_json_route_refuses_in_json_whatever_is_accepted(client: Client, subtests: pytest.Subtests) -> None:
    refusals: dict[int, tuple[str, str, dict[str, str]]] = {
        422: ("POST", "{}", {}),
        413: ("POST", "x" * 20_000, {}),
        415: ("POST", "{}", {"Content-Type": "text/plain"}),
        411: ("POST", "{}", {"Transfer-Encoding": "chunked"}),
        405: ("PUT", "{}", {}),
    }

    for status, (method, body, headers) in refusals.items():
        with subtests.test(str(status)):
            sent = {"Accept": "text/html", "Content-Type": "application/json", **headers}
            assert problem(client.generic(method, DECIDE, body, headers=sent), status)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [("multipart/form-data", "x"), ("application/x-www-form-urlencoded", "a=&" * 1001)],
    ids=["no boundary", "1,001 fields"],
)
def test_a_form_that_cannot_be_read_is_refused_on_a_page(
    browser: Client, db: None, content_type: str, body: str
) -> None:
    response = browser.generic("POST", "/", body, content_type=content_type)

    assert (response.status_code, response["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert "This request cannot be understood." in response.text


def test_a_form_over_16_kib_is_refused_on_a_page(browser: Client, provider: FakeProvider, db: None) -> None:
    response = browser.post("/", report(text=CANARY * 2000))

    assert (response.status_code, response["Content-Type"]) == (413, "text/html; charset=utf-8")
    assert CANARY not in response.text


def test_the_operators_pages_have_a_limit_of_their_own(client: Client, db: None) -> None:
    response = client.post("/admin/login/", {"username": "x" * 20_000})

    assert response.status_code == 200


def test_an_operator_without_permission_is_refused_on_a_page(browser: Client, db: None) -> None:
    browser.force_login(User.objects.create_user("ada", is_staff=True))

    response = browser.get("/admin/auth/user/")

    assert (response.status_code, response["Content-Type"]) == (403, "text/html; charset=utf-8")
    assert "You may not do this." in response.text


def test_plain_http_is_led_to_tls(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True

    response = Client().get("/")

    assert (response.status_code, response["Location"]) == (301, "https://testserver/")
    # Also an answer of the middleware, in front of every view, has the headers of all others.
    assert (response["Cache-Control"], response["X-Frame-Options"]) == ("no-store", "DENY")
    assert "default-src 'none'" in response["Content-Security-Policy"]


@pytest.mark.parametrize("accept", ["*/*", BROWSER], ids=["program", "browser"])
def test_a_server_error_has_the_shape_of_a_refusal(
    credential: Credential, settings: Settings, monkeypatch: pytest.MonkeyPatch, accept: str
) -> None:
    def fail(_prompt: str) -> FakeProvider:
        raise RuntimeError(CANARY)

    monkeypatch.setitem(providers.PROVIDERS, "fails", fail)
    settings.DECISION_PROVIDER = "fails"
    client = Client(raise_request_exception=False, headers={"Accept": accept})

    answers = [client.post("/", report()), client.post(DECIDE, report(), content_type="application/json")]

    assert [answer.status_code for answer in answers] == [500, 500]
    assert all("Something went wrong on our side. Try again." in answer.text for answer in answers)
    assert all(CANARY not in answer.text for answer in answers)
    assert problem(answers[1], 500)


def test_a_cookie_that_is_not_ours_is_ignored(db: None, subtests: pytest.Subtests) -> None:
    names, values = ("sessionid", "submitter", "csrftoken"), ('"aaaaaaaa\\000"', "x" * 4000, "\xff" * 20, "a:b:c")

    for name, value in product(names, values):
        with subtests.test(f"{name}={value[:10]}"):
            client = Client(raise_request_exception=False, headers={"Cookie": f"{name}={value}"})
            assert problem(client.get(f"/rotation/{new_trace_id()}"), 404)


@pytest.mark.parametrize("accept", ["*/*", BROWSER], ids=["program", "browser"])
def test_a_result_without_a_database_is_refused_with_retry_after(db: None, accept: str) -> None:
    client = Client(headers={"Accept": accept})

    with database_down():
        response = client.get(f"/rotation/{new_trace_id()}")

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "Our records cannot be reached. Try again in a moment." in response.text
    assert CANARY not in response.text
