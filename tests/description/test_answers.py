"""Real responses of every kind match the published description."""

import json
from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from decisions import providers
from rotation.models import Credential
from tests.conftest import Decide, Response, report
from tests.description.described import ASK, DECIDE, EXTRACT, FEEDBACK, RESULT, REVIEW, TICKET, assert_described
from tests.fakes import FakeProvider
from tests.interfaces.conftest import BROWSER, database_down, ledger_refusing, open_trace
from tests.ledger.rows import closed_row
from tests.operators.reviewing import needs_review, operator, review
from tests.tickets.conftest import TEXT, scripted_site
from traces.identifiers import new_trace_id
from traces.models import TraceRecord

__all__ = ["open_trace"]

pytestmark = pytest.mark.any_database

KEY = {"Idempotency-Key": "a-key-of-mine"}


def test_decisions_match_the_description(
    decide: Decide, client: Client, credential: Credential, provider: FakeProvider
) -> None:
    for account_id, status in (("acct_10234", "completed"), ("acct_99999", "failed")):
        made = decide(report(account_id))
        assert made.json()["status"] == status
        assert_described(made, DECIDE)
        assert_described(client.get(f"/rotation/{made.json()['trace_id']}"), RESULT)


def test_refused_submissions_match_the_description(
    credential: Credential, provider: FakeProvider, subtests: pytest.Subtests
) -> None:
    good = json.dumps(report())
    refused: list[tuple[str, dict[str, str], int]] = [
        ("{", {}, 422),
        (json.dumps(report(account_id="wrong")), {}, 422),
        (good, {"Idempotency-Key": "x"}, 422),
        (good, {"Retry-Of": new_trace_id()}, 422),
        ("x" * 20_000, {}, 413),
        (good, {"Transfer-Encoding": "chunked"}, 411),
        (good, {"Host": "elsewhere.test"}, 400),
        (good, {"Authorization": "Bearer none-of-ours"}, 401),
        (good, {"Cookie": "sessionid=x"}, 403),
        (good, {"Content-Type": "text/plain"}, 415),
    ]

    for body, headers, status in refused:
        with subtests.test(f"{status} {headers} {body[:30]}"):
            sent = {"Content-Type": "application/json", **headers}
            response = Client(enforce_csrf_checks=True).generic("POST", "/rotation/decide", body, headers=sent)
            assert response.status_code == status
            assert_described(response, DECIDE)


def test_missing_token_matches_the_description(decide: Decide, settings: Settings, db: None) -> None:
    settings.ACCESS = "members"

    response = decide()

    assert response.status_code == 401
    assert_described(response, DECIDE)


def test_conflict_of_a_running_submission_matches_the_description(
    decide: Decide, credential: Credential, provider: FakeProvider
) -> None:
    twins: list[Response] = []
    provider.meanwhile = lambda: twins.append(decide(None, **KEY))

    assert decide(None, **KEY).status_code == 200

    assert twins[0].status_code == 409
    assert_described(twins[0], DECIDE)


def test_running_decision_matches_the_description(client: Client, open_trace: Callable[[], TraceRecord]) -> None:
    response = client.get(f"/rotation/{open_trace().trace_id}")

    assert response.json()["status"] == "running"
    assert_described(response, RESULT)


def test_too_many_decisions_match_the_description(
    decide: Decide, credential: Credential, provider: FakeProvider, settings: Settings
) -> None:
    settings.DECISIONS_IN_FLIGHT = 1
    refused: list[Response] = []
    provider.meanwhile = lambda: refused.append(decide())

    assert decide().status_code == 200

    assert refused[0].status_code == 503
    assert_described(refused[0], DECIDE)


def test_reached_limit_matches_the_description(
    decide: Decide, credential: Credential, provider: FakeProvider, settings: Settings
) -> None:
    settings.DECISIONS_PER_MINUTE = 1

    first, second = decide(), decide()

    assert (first.status_code, second.status_code) == (200, 429)
    assert_described(second, DECIDE)


def test_refused_tokens_match_the_description(client: Client, decide: Decide, db: None) -> None:
    bearer = {"Authorization": "Bearer none-of-ours"}
    statuses = [decide(**bearer).status_code for _ in range(20)]

    trace_id = new_trace_id()
    feedback = f"/tickets/task_{trace_id.partition('_')[2]}/feedback"
    assert set(statuses) == {401}
    for response, operation in (
        (decide(**bearer), DECIDE),
        (client.get(f"/rotation/{trace_id}", headers=bearer), RESULT),
        (client.get(f"/rotation/{trace_id}", headers=bearer | {"Accept": BROWSER}), RESULT),
        (client.post(feedback, {"verdict": "right"}, "application/json", headers=bearer), FEEDBACK),
    ):
        assert response.status_code == 429
        assert_described(response, operation)


def test_failed_writes_match_the_description(decide: Decide, credential: Credential, provider: FakeProvider) -> None:
    for verb in ("INSERT", "UPDATE"):
        with ledger_refusing(verb):
            response = decide()
        assert response.status_code == 503, verb
        assert_described(response, DECIDE)


def test_internal_errors_match_the_description(
    credential: Credential, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(providers.PROVIDERS, "fails", lambda *_: 1 / 0)
    settings.DECISION_PROVIDER = "fails"

    response = Client(raise_request_exception=False).post("/rotation/decide", report(), "application/json")

    assert response.status_code == 500
    assert_described(response, DECIDE)


def test_wrong_addresses_and_methods_match_the_description(client: Client, db: None) -> None:
    for accept in ("*/*", BROWSER):
        absent = client.get(f"/rotation/{new_trace_id()}", headers={"Accept": accept})
        wrong_method = client.get("/rotation/decide", headers={"Accept": accept})
        assert (absent.status_code, wrong_method.status_code) == (404, 405), accept
        assert_described(absent, RESULT)
        assert_described(wrong_method, DECIDE)


def test_refused_reading_matches_the_description(client: Client, db: None, settings: Settings) -> None:
    for access, accept, status in (("open", "image/png", 406), ("members", "*/*", 401), ("members", BROWSER, 302)):
        settings.ACCESS = access
        response = client.get(f"/rotation/{new_trace_id()}", headers={"Accept": accept})
        assert response.status_code == status, (access, accept)
        assert_described(response, RESULT)


def test_feedback_matches_the_description(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    site = scripted_site(settings, monkeypatch)
    completed = site.send({"text": TEXT}).json()["task_id"]
    site.provider.says = TimeoutError()
    failed = site.send().json()["task_id"]

    for id_, verdict, status in (
        (completed, "right", 200),
        (completed, "right", 200),
        (completed, "summary_wrong", 409),
        (failed, "right", 409),
        (completed, "nonsense", 422),
        (f"task_{'0' * 26}", "right", 404),
    ):
        given = client.post(f"/tickets/{id_}/feedback", {"verdict": verdict}, content_type="application/json")
        assert given.status_code == status, (id_, verdict)
        assert_described(given, FEEDBACK)


def test_reviews_match_the_description(client: Client, db: None) -> None:
    trace = needs_review(submitter="open")
    settled = closed_row(submitter="open")

    for id_, note, accept, status in (
        (trace.pk, "Please.", "*/*", 200),
        (trace.pk, "Please.", BROWSER, 303),
        (trace.pk, "Quickly.", "*/*", 409),
        (trace.pk, "Quickly.", BROWSER, 409),
        (settled.pk, "", "*/*", 409),
        (trace.pk, "x" * 501, "*/*", 422),
        (trace.pk, "", "image/png", 406),
        (new_trace_id(), "", "*/*", 404),
    ):
        address, headers = f"/rotation/{id_}/review", {"Accept": accept}
        asked = client.post(address, {"note": note}, content_type="application/json", headers=headers)
        assert asked.status_code == status, (id_, note, accept)
        assert_described(asked, ASK)
        assert_described(client.get(address, headers=headers), REVIEW)
    review(trace, by=operator())
    assert_described(client.get(f"/rotation/{trace.pk}/review"), REVIEW)


def test_tickets_match_the_description(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    site = scripted_site(settings, monkeypatch)
    made = site.send({"text": TEXT})
    address = f"/tickets/{made.json()['task_id']}"
    assert_described(made, EXTRACT)
    assert_described(client.get(address), TICKET)

    call_command("erase", made.json()["task_id"])

    gone = client.get(address)
    assert gone.status_code == 410
    assert_described(gone, TICKET)


def test_probes_match_the_description(client: Client, db: None) -> None:
    assert_described(client.get("/healthz"), ("get", "/healthz"))
    assert_described(client.get("/readyz"), ("get", "/readyz"))
    with database_down():
        response = Client().get("/readyz")

    assert response.status_code == 503
    assert_described(response, ("get", "/readyz"))
