"""`GET /rotation/<trace_id>`: the stored result, as JSON or as a page, for those who may read it."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from rotation.models import Credential
from tests.conftest import Decide
from tests.faces.conftest import BROWSER, problem
from tests.fakes import FakeProvider
from traces.codes import ErrorCode
from traces.identifiers import new_trace_id
from traces.models import TraceRecord

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

OpenTrace = Callable[..., TraceRecord]
OVERDUE_SECONDS = 3600


@pytest.fixture
def trace_id(decide: Decide, credential: Credential, provider: FakeProvider) -> str:
    """The id of a completed decision."""
    return str(decide().json()["trace_id"])


def get(trace_id: str, client: Client | None = None, **headers: str) -> "Response":
    return (client or Client()).get(f"/rotation/{trace_id}", headers=headers)


def untied(page: str) -> str:
    """Take out the CSRF token, which is masked anew each time it is written."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)


def test_a_program_gets_the_decision_response(trace_id: str, subtests: pytest.Subtests) -> None:
    accepts = ("*/*", "", "application/json", "application/*", "image/png, */*;q=0.1")
    answers = {accept: get(trace_id, Accept=accept) for accept in accepts} | {"no header": get(trace_id)}

    for accept, response in answers.items():
        with subtests.test(accept):
            assert (response.status_code, response["Content-Type"]) == (200, "application/json")
            assert "Accept" in response["Vary"]
            assert response.json() == {
                "trace_id": trace_id,
                "status": "completed",
                "decision": "eligible",
                "source_line_ids": ["P-7"],
                "error_code": None,
                "error": None,
            }


def test_a_browser_gets_the_page(trace_id: str, subtests: pytest.Subtests) -> None:
    weighted = ("text/html, application/json;q=0.9", "application/json;q=0.1, text/html")

    for accept in (BROWSER, "text/html", "text/*", *weighted):
        with subtests.test(accept):
            response = get(trace_id, Accept=accept)
            assert (response.status_code, response["Content-Type"]) == (200, "text/html; charset=utf-8")
            assert "Accept" in response["Vary"]
            assert trace_id in response.text


def test_neither_json_nor_page_is_not_acceptable(trace_id: str, subtests: pytest.Subtests) -> None:
    for accept in ("image/png", "application/xml", "text/plain"):
        with subtests.test(accept):
            response = get(trace_id, Accept=accept)
            assert problem(response, 406)["type"] == "urn:problem-type:not-acceptable"
            assert "Accept" in response["Vary"]


@pytest.mark.parametrize("accept", ["*/*", BROWSER], ids=["JSON", "page"])
def test_head_tells_the_headers_alone(trace_id: str, accept: str) -> None:
    response = Client().head(f"/rotation/{trace_id}", headers={"Accept": accept})

    assert (response.status_code, response.content) == (200, b"")
    assert "Accept" in response["Vary"]


@pytest.mark.parametrize("accept", ["*/*", BROWSER], ids=["JSON", "page"])
def test_a_running_decision_is_no_error(open_trace: OpenTrace, accept: str) -> None:
    response = get(open_trace().trace_id, Accept=accept)

    assert response.status_code == 200
    assert ("running" if accept == "*/*" else "Checking policy P-7…") in response.text


@pytest.mark.parametrize("accept", ["*/*", BROWSER], ids=["JSON", "page"])
def test_a_failed_decision_is_no_error(
    decide: Decide, credential: Credential, provider: FakeProvider, accept: str
) -> None:
    provider.says = TimeoutError()
    trace_id = decide().json()["trace_id"]

    response = get(trace_id, Accept=accept)

    assert response.status_code == 200
    assert "Decision unavailable; retry safely." in response.text


def test_an_overdue_decision_is_read_as_interrupted(open_trace: OpenTrace) -> None:
    trace = open_trace(age_seconds=OVERDUE_SECONDS)

    body = get(trace.trace_id).json()

    assert (body["status"], body["error_code"]) == ("failed", "interrupted")
    assert body["error"] == ErrorCode.INTERRUPTED.label
    trace.refresh_from_db()
    assert (trace.status, trace.error_code) == ("failed", "interrupted")


def test_an_overdue_decision_is_shown_as_interrupted(open_trace: OpenTrace) -> None:
    trace = open_trace(age_seconds=OVERDUE_SECONDS)

    response = get(trace.trace_id, Accept=BROWSER)

    assert ErrorCode.INTERRUPTED.label in response.text


def test_a_decision_within_its_grace_is_left_running(open_trace: OpenTrace, settings: Settings) -> None:
    settings.DECISION_DEADLINE_SECONDS, settings.INTERRUPTED_GRACE_SECONDS = 20, 30
    trace = open_trace(age_seconds=45)

    body = get(trace.trace_id).json()

    assert (body["status"], body["error_code"], body["error"]) == ("running", None, None)


def test_in_open_mode_who_holds_the_id_may_read(open_trace: OpenTrace) -> None:
    trace = open_trace(submitter="user:1")

    assert get(trace.trace_id).status_code == 200


@pytest.mark.parametrize("accept", ["*/*", BROWSER], ids=["JSON", "page"])
def test_what_is_not_yours_is_told_as_what_is_absent(db: None, settings: Settings, accept: str) -> None:
    settings.ACCESS = "members"
    ada, bob = Client(), Client()
    ada.force_login(User.objects.create_user("ada"))
    bob.force_login(User.objects.create_user("bob"))
    theirs = ada.post(
        "/rotation/decide",
        {"account_id": "acct_10234", "credential_report": "a stale key"},
        content_type="application/json",
    ).json()["trace_id"]

    mine, foreign, absent = get(theirs, ada), get(theirs, bob, Accept=accept), get(new_trace_id(), bob, Accept=accept)

    assert (mine.status_code, foreign.status_code, absent.status_code) == (200, 404, 404)
    assert untied(foreign.text) == untied(absent.text)
    assert foreign.headers == absent.headers


def test_members_row_names_its_user(credential: Credential, provider: FakeProvider, settings: Settings) -> None:
    settings.ACCESS = "members"
    user = User.objects.create_user("ada")
    client = Client()
    client.force_login(user)

    client.post("/", {"account_id": "acct_10234", "credential_report": "a stale service-account key"})

    assert TraceRecord.objects.get().submitter == f"user:{user.pk}"


def test_a_stranger_cannot_ask_members_service(
    decide: Decide, credential: Credential, provider: FakeProvider, settings: Settings
) -> None:
    settings.ACCESS = "members"

    response = decide()

    assert problem(response, 401)["type"] == "urn:problem-type:sign-in-required"
    assert response["WWW-Authenticate"] == "Bearer"
    assert provider.calls == []
    assert not TraceRecord.objects.exists()


def test_a_stranger_cannot_read_in_members_service(open_trace: OpenTrace, settings: Settings) -> None:
    settings.ACCESS = "members"
    trace = open_trace()

    assert problem(get(trace.trace_id), 401)
    assert problem(get(new_trace_id()), 401)


def test_a_stranger_who_sends_the_form_keeps_the_text(
    browser: Client, credential: Credential, provider: FakeProvider, settings: Settings
) -> None:
    settings.ACCESS = "members"

    response = browser.post("/", {"account_id": "acct_10234", "credential_report": "a stale service-account key"})

    assert response.status_code == 403
    assert "Sign in to continue." in response.text
    assert "a stale service-account key</textarea>" in response.text
    assert not TraceRecord.objects.exists()
