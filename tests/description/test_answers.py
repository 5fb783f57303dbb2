"""Real answers of every kind against the published description."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from pytest_django import Settings

from rotation import providers
from rotation.models import Credential
from tests.conftest import Decide, report
from tests.description.described import DECIDE, RESULT, assert_described
from tests.faces.conftest import BROWSER, database_down, ledger_refusing, open_trace
from tests.fakes import FakeProvider
from traces.identifiers import new_trace_id
from traces.models import TraceRecord

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

__all__ = ["open_trace"]

KEY = {"Idempotency-Key": "a-key-of-mine"}


@pytest.mark.parametrize("account_id", ["acct_10234", "acct_99999"], ids=["completed", "failed"])
def test_a_decision_is_as_described_when_made_and_when_read(
    decide: Decide, client: Client, credential: Credential, provider: FakeProvider, account_id: str
) -> None:
    made = decide(report(account_id))
    read = client.get(f"/rotation/{made.json()['trace_id']}")

    assert_described(made, DECIDE)
    assert_described(read, RESULT)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ("{", {}, 422),
        (report(account_id="wrong"), {}, 422),
        (report(), {"Idempotency-Key": "x"}, 422),
        (report(), {"Retry-Of": new_trace_id()}, 422),
        ("x" * 20_000, {}, 413),
        (report(), {"Transfer-Encoding": "chunked"}, 411),
        (report(), {"Host": "elsewhere.test"}, 400),
        (report(), {"Authorization": "Bearer none-of-ours"}, 401),
        (report(), {"Cookie": "sessionid=x"}, 403),
        (report(), {"Content-Type": "text/plain"}, 415),
    ],
)
def test_a_refused_submission_is_as_described(
    credential: Credential, provider: FakeProvider, body: object, headers: dict[str, str], status: int
) -> None:
    strict = Client(enforce_csrf_checks=True)
    raw = body if isinstance(body, str) else json.dumps(body)
    sent = {"Content-Type": "application/json", **headers}

    response = strict.generic("POST", "/rotation/decide", raw, headers=sent)

    assert response.status_code == status
    assert_described(response, DECIDE)


def test_an_unknown_member_is_asked_for_a_token_as_described(decide: Decide, settings: Settings, db: None) -> None:
    settings.ACCESS = "members"

    response = decide()

    assert response.status_code == 401
    assert_described(response, DECIDE)


def test_a_running_submission_is_as_described(decide: Decide, credential: Credential, provider: FakeProvider) -> None:
    twins: list[Response] = []
    provider.meanwhile = lambda: twins.append(decide(None, **KEY))

    assert decide(None, **KEY).status_code == 200

    assert twins[0].status_code == 409
    assert_described(twins[0], DECIDE)


def test_a_submission_read_while_it_runs_is_as_described(client: Client, open_trace: Callable[[], TraceRecord]) -> None:
    response = client.get(f"/rotation/{open_trace().trace_id}")

    assert response.json()["status"] == "running"
    assert_described(response, RESULT)


def test_a_full_house_is_as_described(
    decide: Decide, credential: Credential, provider: FakeProvider, settings: Settings
) -> None:
    settings.DECISIONS_IN_FLIGHT = 1
    turned_away: list[Response] = []
    provider.meanwhile = lambda: turned_away.append(decide())

    assert decide().status_code == 200

    assert turned_away[0].status_code == 503
    assert_described(turned_away[0], DECIDE)


def test_a_limit_that_is_reached_is_as_described(
    decide: Decide, credential: Credential, provider: FakeProvider, settings: Settings
) -> None:
    settings.DECISIONS_PER_MINUTE = 1

    first, second = decide(), decide()

    assert (first.status_code, second.status_code) == (200, 429)
    assert_described(second, DECIDE)


@pytest.mark.parametrize("verb", ["INSERT", "UPDATE"])
def test_a_ledger_that_takes_nothing_is_as_described(
    decide: Decide, credential: Credential, provider: FakeProvider, verb: str
) -> None:
    with ledger_refusing(verb):
        response = decide()

    assert response.status_code == 503
    assert_described(response, DECIDE)


def test_a_fault_of_ours_is_as_described(
    credential: Credential, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(providers.PROVIDERS, "fails", lambda _prompt: 1 / 0)
    settings.DECISION_PROVIDER = "fails"

    response = Client(raise_request_exception=False).post("/rotation/decide", report(), "application/json")

    assert response.status_code == 500
    assert_described(response, DECIDE)


@pytest.mark.parametrize("accept", ["*/*", BROWSER], ids=["program", "browser"])
@pytest.mark.parametrize(("path", "status"), [("/rotation/{}", 404), ("/rotation/decide", 405)])
def test_a_refused_reading_is_as_described(client: Client, db: None, path: str, status: int, accept: str) -> None:
    response = client.get(path.format(new_trace_id()), headers={"Accept": accept})

    assert response.status_code == status
    assert_described(response, RESULT if status == 404 else DECIDE)


@pytest.mark.parametrize(
    ("access", "accept", "status"), [("open", "image/png", 406), ("members", "*/*", 401), ("members", BROWSER, 302)]
)
def test_who_may_not_read_is_told_as_described(
    client: Client, db: None, settings: Settings, access: str, accept: str, status: int
) -> None:
    settings.ACCESS = access

    response = client.get(f"/rotation/{new_trace_id()}", headers={"Accept": accept})

    assert response.status_code == status
    assert_described(response, RESULT)


def test_the_probes_are_as_described(client: Client, db: None) -> None:
    assert_described(client.get("/healthz"), ("get", "/healthz"))
    assert_described(client.get("/readyz"), ("get", "/readyz"))
    with database_down():
        response = client.get("/readyz")

    assert response.status_code == 503
    assert_described(response, ("get", "/readyz"))
