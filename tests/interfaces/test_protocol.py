"""HTTP on every route: types, lengths, methods, unknown addresses, and no server error for any of them."""

import json
from io import BytesIO
from itertools import product
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from decisions import providers
from rotation.models import Credential
from tests.conftest import report
from tests.fakes import FakeProvider
from tests.interfaces.conftest import BROWSER, CANARY, database_down, problem
from traces.identifiers import new_trace_id
from traces.models import TraceRecord

DECIDE = "/rotation/decide"


class LostConnection(BytesIO):
    def read(self, *_size: object) -> bytes:
        raise ConnectionResetError(CANARY)


def test_another_content_type_is_refused(
    client: Client, credential: Credential, provider: FakeProvider, subtests: pytest.Subtests
) -> None:
    forms = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
    near = "application/problem+json", "application/jsonp", "text/json", "text/plain"

    for content_type in (*forms, *near, CANARY, ""):
        with subtests.test(content_type):
            response = client.post(DECIDE, json.dumps(report()), content_type=content_type)
            assert problem(response, 415)["detail"] == "Send application/json."
            assert CANARY not in response.text

    assert provider.calls == []
    assert not TraceRecord.objects.exists()


def test_a_body_that_breaks_off_is_refused(client: Client, db: None) -> None:
    extra: dict[str, Any] = {"wsgi.input": LostConnection()}

    response = client.generic("POST", DECIDE, "{}", content_type="application/json", **extra)

    assert problem(response, 400)["type"] == "urn:problem-type:bad-request"


def test_a_length_that_is_no_number_is_refused(client: Client, db: None) -> None:
    client.raise_request_exception = False

    for length in ("abc", "-5"):
        response = client.generic("POST", DECIDE, "{}", content_type="application/json", CONTENT_LENGTH=length)
        assert 400 <= response.status_code < 500, length


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


def test_an_unknown_or_forbidden_address_is_a_page_for_browsers(browser: Client, db: None) -> None:
    browser.force_login(User.objects.create_user("ada", is_staff=True))

    unknown, forbidden = browser.get(f"/{CANARY}"), browser.get("/admin/auth/user/")

    assert (unknown.status_code, forbidden.status_code) == (404, 403)
    assert {answer["Content-Type"] for answer in (unknown, forbidden)} == {"text/html; charset=utf-8"}
    assert "There is nothing here that you may read." in unknown.text
    assert "You may not do this." in forbidden.text
    assert CANARY not in unknown.text
    assert "Accept" in unknown["Vary"]


def test_pages_that_nobody_can_go_on_from_name_whom_to_ask(browser: Client, settings: Settings, db: None) -> None:
    settings.SUPPORT_CONTACT = "help@example.com"
    settings.MAILS_PASSWORD_RESETS = False
    wrong = {"username": "ada", "password": "wrong"}
    pages = [browser.post(address, wrong) for address in ("/sign-in", "/admin/login/")]
    pages.append(browser.get("/password/reset"))
    browser.force_login(User.objects.create_user("ada", is_staff=True))
    pages.append(browser.get("/admin/auth/user/"))
    with database_down():
        pages.append(browser.get(f"/rotation/trace_{'0' * 26}"))

    assert [page.status_code for page in pages] == [200, 200, 200, 403, 503]
    for page in pages:
        assert 'ask <a href="mailto:help@example.com">help@example.com</a>' in page.text


def test_the_json_route_refuses_in_json_whatever_is_accepted(client: Client, subtests: pytest.Subtests) -> None:
    refusals: dict[str, tuple[int, str, str, dict[str, str]]] = {
        "invalid-body": (422, "POST", "{}", {}),
        "body-too-large": (413, "POST", "x" * 20_000, {}),
        "unsupported-media-type": (415, "POST", "{}", {"Content-Type": "text/plain"}),
        "length-required": (411, "POST", "{}", {"Transfer-Encoding": "chunked"}),
        "method-not-allowed": (405, "PUT", "{}", {}),
    }

    for name, (status, method, body, headers) in refusals.items():
        with subtests.test(name):
            sent = {"Accept": "text/html", "Content-Type": "application/json", **headers}
            response = client.generic(method, DECIDE, body, headers=sent)
            assert problem(response, status)["type"] == f"urn:problem-type:{name}"


def test_a_form_that_cannot_be_read_is_refused_on_a_page(browser: Client, provider: FakeProvider, db: None) -> None:
    fields = "application/x-www-form-urlencoded"

    for content_type, body, status, sentence in (
        ("multipart/form-data", "x", 400, "This request cannot be understood."),
        (fields, "a=&" * 1001, 400, "This request cannot be understood."),
        (fields, f"credential_report={CANARY * 2000}", 413, "16384 bytes"),
    ):
        response = browser.generic("POST", "/", body, content_type=content_type)
        assert (response.status_code, response["Content-Type"]) == (status, "text/html; charset=utf-8")
        assert sentence in response.text
        assert CANARY not in response.text


def test_the_operators_pages_have_a_larger_limit(client: Client, db: None) -> None:
    assert client.post("/admin/login/", {"username": "x" * 20_000}).status_code == 200


def test_plain_http_is_redirected_to_tls(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True

    response = Client().get("/")

    assert (response.status_code, response["Location"]) == (301, "https://testserver/")
    # Even a response of the middleware, before any view, has these headers.
    assert (response["Cache-Control"], response["X-Frame-Options"]) == ("no-store", "DENY")
    assert "default-src 'none'" in response["Content-Security-Policy"]


def test_a_server_error_has_the_shape_of_a_refusal(
    credential: Credential, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_asked: object) -> FakeProvider:
        raise RuntimeError(CANARY)

    monkeypatch.setitem(providers.PROVIDERS, "fails", fail)
    settings.DECISION_PROVIDER = "fails"

    for accept in ("*/*", BROWSER):
        client = Client(raise_request_exception=False, headers={"Accept": accept})
        on_page, in_json = client.post("/", report()), client.post(DECIDE, report(), content_type="application/json")
        assert on_page.status_code == 500
        assert problem(in_json, 500)
        for response in (on_page, in_json):
            assert "Something went wrong on our side. Try again." in response.text
            assert CANARY not in response.text


def test_a_cookie_that_is_not_ours_is_ignored(db: None, subtests: pytest.Subtests) -> None:
    names, values = ("sessionid", "submitter", "csrftoken"), ('"aaaaaaaa\\000"', "x" * 4000, "\xff" * 20, "a:b:c")

    for name, value in product(names, values):
        with subtests.test(f"{name}={value[:10]}"):
            client = Client(raise_request_exception=False, headers={"Cookie": f"{name}={value}"})
            assert problem(client.get(f"/rotation/{new_trace_id()}"), 404)


def test_a_result_without_a_database_is_refused_with_retry_after(db: None) -> None:
    for accept in ("*/*", BROWSER):
        with database_down():
            response = Client(headers={"Accept": accept}).get(f"/rotation/{new_trace_id()}")
        assert (response.status_code, response["Retry-After"]) == (503, "5")
        assert "Our records cannot be reached. Try again in a moment." in response.text
        assert CANARY not in response.text
