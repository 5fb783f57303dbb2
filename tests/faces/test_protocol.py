"""What every route owes to HTTP: types, lengths, methods, unknown addresses, and no fault of ours for any of it."""

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    pass

DECIDE = "/rotation/decide"
ODD_ACCEPTS = [";;;", ",,,", "/", "text/html;q=abc", "*", "text/html;q=0", "a" * 5000, "text/html;charset=\xff"]


class LostConnection(BytesIO):
    def read(self, *_size: object) -> bytes:
        raise ConnectionResetError(CANARY)


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/problem+json",
        "application/jsonp",
        "text/json",
        CANARY,
        "",
    ],
)
def test_another_content_type_is_refused(
    client: Client, credential: Credential, provider: FakeProvider, content_type: str
) -> None:
    response = client.post(DECIDE, json.dumps(report()), content_type=content_type)

    assert problem(response, 415)["detail"] == "Send application/json."
    assert CANARY not in response.text
    assert provider.calls == []
    assert not TraceRecord.objects.exists()


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_may_be_named_with_parameters_and_in_any_case(
    client: Client, credential: Credential, provider: FakeProvider, content_type: str
) -> None:
    response = client.post(DECIDE, json.dumps(report()), content_type=content_type)

    assert response.status_code == 200


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
def test_a_length_that_is_no_number_is_refused_and_not_our_fault(client: Client, db: None, length: str) -> None:
    client.raise_request_exception = False

    response = client.generic("POST", DECIDE, "{}", content_type="application/json", CONTENT_LENGTH=length)

    assert 400 <= response.status_code < 500


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_the_json_route_takes_post_alone(client: Client, method: str) -> None:
    response = client.generic(method, DECIDE)

    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert method == "HEAD" or problem(response, 405)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_the_page_takes_get_and_post_alone(client: Client, method: str) -> None:
    response = client.generic(method, "/")

    assert problem(response, 405)
    assert response["Allow"] == "GET, POST, HEAD"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_result_can_only_be_read(client: Client, method: str) -> None:
    response = client.generic(method, f"/rotation/{new_trace_id()}")

    assert problem(response, 405)
    assert response["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/nowhere", "/rotation", "/rotation/", "/rotation/trace_1", "/rotation/decide/"])
@pytest.mark.parametrize("accept", ["", "*/*", "application/json", "application/problem+json", "image/png"])
def test_an_unknown_address_is_a_problem_for_programs(client: Client, path: str, accept: str) -> None:
    response = client.get(path, headers={"Accept": accept})

    assert problem(response, 404)["type"] == "urn:problem-type:not-found"
    assert "Accept" in response["Vary"]


def test_an_unknown_address_is_a_page_for_browsers(browser: Client) -> None:
    response = browser.get(f"/{CANARY}")

    assert (response.status_code, response["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "There is nothing here that you may read." in response.text
    assert CANARY not in response.text
    assert "Accept" in response["Vary"]


@pytest.mark.parametrize("path", ["/nowhere", f"/rotation/{new_trace_id()}"])
@pytest.mark.parametrize("accept", ODD_ACCEPTS)
def test_an_odd_accept_header_is_no_fault_of_ours(client: Client, db: None, path: str, accept: str) -> None:
    client.raise_request_exception = False

    response = client.get(path, headers={"Accept": accept})

    assert response.status_code in {404, 406}


@pytest.mark.parametrize(
    ("method", "body", "headers", "status"),
    [
        ("POST", "{}", {}, 422),
        ("POST", "x" * 20_000, {}, 413),
        ("POST", "{}", {"Content-Type": "text/plain"}, 415),
        ("POST", "{}", {"Transfer-Encoding": "chunked"}, 411),
        ("PUT", "{}", {}, 405),
    ],
)
def test_the_json_route_refuses_in_json_whatever_is_accepted(
    client: Client, method: str, body: str, headers: dict[str, str], status: int
) -> None:
    sent = {"Accept": "text/html", "Content-Type": "application/json", **headers}

    response = client.generic(method, DECIDE, body, headers=sent)

    assert problem(response, status)


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


def test_what_an_operator_may_not_see_is_refused_on_a_page(browser: Client, db: None) -> None:
    browser.force_login(User.objects.create_user("ada", is_staff=True))

    response = browser.get("/admin/auth/user/")

    assert (response.status_code, response["Content-Type"]) == (403, "text/html; charset=utf-8")
    assert "You may not do this." in response.text


def test_plain_http_is_led_to_tls(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True

    response = Client().get("/")

    assert (response.status_code, response["Location"]) == (301, "https://testserver/")


@pytest.mark.parametrize("accept", ["*/*", BROWSER], ids=["program", "browser"])
def test_a_fault_of_ours_has_the_shape_of_a_refusal(
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


@pytest.mark.parametrize("cookie", ['"aaaaaaaa\\000"', "x" * 4000, "\xff" * 20, "a:b:c"])
@pytest.mark.parametrize("name", ["sessionid", "submitter", "csrftoken"])
def test_a_cookie_that_is_none_of_ours_is_as_none(db: None, name: str, cookie: str) -> None:
    client = Client(raise_request_exception=False, headers={"Cookie": f"{name}={cookie}"})

    response = client.get(f"/rotation/{new_trace_id()}")

    assert problem(response, 404)


@pytest.mark.parametrize("accept", ["*/*", BROWSER], ids=["program", "browser"])
def test_a_result_that_cannot_be_read_now_may_be_asked_for_again(db: None, accept: str) -> None:
    client = Client(headers={"Accept": accept})

    with database_down():
        response = client.get(f"/rotation/{new_trace_id()}")

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "Our records cannot be reached. Try again in a moment." in response.text
    assert CANARY not in response.text
