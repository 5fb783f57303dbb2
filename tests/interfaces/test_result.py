"""`GET /rotation/<trace_id>`: the stored result, as JSON or as a page, for permitted readers."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from rotation.models import Credential
from rotation.words import SENTENCES
from tests.conftest import Decide, Response
from tests.fakes import FakeProvider
from tests.interfaces.conftest import BROWSER, problem
from traces.codes import ErrorCode
from traces.identifiers import new_trace_id
from traces.models import TraceRecord

pytestmark = pytest.mark.any_database

OpenTrace = Callable[..., TraceRecord]
OVERDUE_SECONDS = 3600


@pytest.fixture
def trace_id(decide: Decide, credential: Credential, provider: FakeProvider) -> str:
    """The id of a completed decision."""
    return str(decide().json()["trace_id"])


def get(trace_id: str, client: Client | None = None, **headers: str) -> Response:
    return (client or Client()).get(f"/rotation/{trace_id}", headers=headers)


def without_csrf_token(page: str) -> str:
    """Remove the CSRF token, which is masked differently each time."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)


def test_program_gets_json(trace_id: str) -> None:
    accepts = ("*/*", "", "application/json", "application/*", "image/png, */*;q=0.1")
    responses = {accept: get(trace_id, Accept=accept) for accept in accepts} | {"no header": get(trace_id)}

    for accept, response in responses.items():
        assert (response.status_code, response["Content-Type"]) == (200, "application/json"), accept
        assert "Accept" in response["Vary"], accept
        assert response.json() == {
            "trace_id": trace_id,
            "status": "completed",
            "decision": "eligible",
            "source_line_ids": ["P-7"],
            "error_code": None,
            "error": None,
        }, accept


def test_browser_gets_the_page(trace_id: str) -> None:
    html_first = ("text/html, application/json;q=0.9", "application/json;q=0.1, text/html")

    for accept in (BROWSER, "text/html", "text/*", *html_first):
        response = get(trace_id, Accept=accept)
        assert (response.status_code, response["Content-Type"]) == (200, "text/html; charset=utf-8"), accept
        assert "Accept" in response["Vary"], accept
        assert trace_id in response.text, accept


def test_unsupported_media_types_are_406(trace_id: str) -> None:
    for accept in ("image/png", "application/xml", "text/plain"):
        response = get(trace_id, Accept=accept)
        assert problem(response, 406)["type"] == "urn:problem-type:not-acceptable", accept
        assert "Accept" in response["Vary"], accept


def test_head_returns_only_headers(trace_id: str) -> None:
    for accept in ("*/*", BROWSER):
        response = Client().head(f"/rotation/{trace_id}", headers={"Accept": accept})
        assert (response.status_code, response.content) == (200, b""), accept
        assert "Accept" in response["Vary"], accept


def test_running_decision_is_200(open_trace: OpenTrace) -> None:
    trace_id = open_trace().trace_id

    body, page = get(trace_id), get(trace_id, Accept=BROWSER)

    assert (body.status_code, page.status_code) == (200, 200)
    assert "running" in body.text
    assert "Checking policy P-7…" in page.text


def test_failed_decision_is_200(decide: Decide, credential: Credential, provider: FakeProvider) -> None:
    provider.says = TimeoutError()
    trace_id = decide().json()["trace_id"]

    for accept in ("*/*", BROWSER):
        response = get(trace_id, Accept=accept)
        assert response.status_code == 200, accept
        assert "Decision unavailable; retry safely." in response.text, accept


def test_overdue_decision_becomes_interrupted(open_trace: OpenTrace) -> None:
    trace = open_trace(age_seconds=OVERDUE_SECONDS)

    body = get(trace.trace_id).json()

    assert (body["status"], body["error_code"]) == ("failed", "interrupted")
    assert body["error"] == SENTENCES[ErrorCode.INTERRUPTED]
    trace.refresh_from_db()
    assert (trace.status, trace.error_code) == ("failed", "interrupted")
    page = get(open_trace(age_seconds=OVERDUE_SECONDS).trace_id, Accept=BROWSER)
    assert SENTENCES[ErrorCode.INTERRUPTED] in page.text


def test_decision_within_its_grace_stays_running(open_trace: OpenTrace, settings: Settings) -> None:
    settings.DECISION_DEADLINE_SECONDS, settings.INTERRUPTED_GRACE_SECONDS = 20, 30
    trace = open_trace(age_seconds=45)

    body = get(trace.trace_id).json()

    assert (body["status"], body["error_code"], body["error"]) == ("running", None, None)


def test_in_open_mode_the_id_gives_access(open_trace: OpenTrace) -> None:
    trace = open_trace(submitter="user:1")

    assert get(trace.trace_id).status_code == 200


def test_foreign_trace_looks_like_an_absent_one(db: None, settings: Settings) -> None:
    settings.ACCESS = "members"
    ada, bob = Client(), Client()
    ada.force_login(User.objects.create_user("ada"))
    bob.force_login(User.objects.create_user("bob"))
    theirs = ada.post(
        "/rotation/decide",
        {"account_id": "acct_10234", "credential_report": "a stale key"},
        content_type="application/json",
    ).json()["trace_id"]

    assert get(theirs, ada).status_code == 200
    for accept in ("*/*", BROWSER):
        foreign, absent = (get(trace_id, bob, Accept=accept) for trace_id in (theirs, new_trace_id()))
        assert (foreign.status_code, absent.status_code) == (404, 404), accept
        assert without_csrf_token(foreign.text) == without_csrf_token(absent.text), accept
        assert foreign.headers == absent.headers, accept


def test_row_of_a_member_names_its_user(credential: Credential, provider: FakeProvider, settings: Settings) -> None:
    settings.ACCESS = "members"
    user = User.objects.create_user("ada")
    client = Client()
    client.force_login(user)

    client.post("/", {"account_id": "acct_10234", "credential_report": "a stale service-account key"})

    assert TraceRecord.objects.get().submitter == f"user:{user.pk}"


def test_members_mode_refuses_decisions_without_sign_in(
    decide: Decide, credential: Credential, provider: FakeProvider, settings: Settings
) -> None:
    settings.ACCESS = "members"

    response = decide()

    assert problem(response, 401)["type"] == "urn:problem-type:sign-in-required"
    assert response["WWW-Authenticate"] == "Bearer"
    assert provider.calls == []
    assert not TraceRecord.objects.exists()


def test_members_mode_refuses_reading_without_sign_in(open_trace: OpenTrace, settings: Settings) -> None:
    settings.ACCESS = "members"
    trace = open_trace()

    assert problem(get(trace.trace_id), 401)
    assert problem(get(new_trace_id()), 401)


def test_form_refused_without_sign_in_keeps_its_text(
    browser: Client, credential: Credential, provider: FakeProvider, settings: Settings
) -> None:
    settings.ACCESS = "members"

    response = browser.post("/", {"account_id": "acct_10234", "credential_report": "a stale service-account key"})

    assert response.status_code == 403
    assert "Sign in to continue." in response.text
    assert "a stale service-account key</textarea>" in response.text
    assert not TraceRecord.objects.exists()
