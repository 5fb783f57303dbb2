"""Accounts, traces and tickets of others look like unknown ones: the same bytes, the same queries, the same time."""

import re
from collections.abc import Callable
from functools import partial
from statistics import median
from time import perf_counter

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from access.models import ApiToken
from rotation.models import Credential
from tests.conftest import Response, report
from tests.fakes import FakeProvider, answer
from tests.tickets.conftest import TEXT, scripted_site
from tests.torture.conftest import Promise, sized
from traces.identifiers import new_trace_id

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

REPEATS = sized(40, 500)
FOREIGN, UNKNOWN, OWN = "acct_10234", "acct_99999", "acct_20468"


class Program:
    """A client program that holds a token for one account."""

    def __init__(self, account_id: str) -> None:
        secret = ApiToken(name=f"program of {account_id}").issue([account_id])
        self.client = Client(headers={"Authorization": f"Bearer {secret}"})

    def decide(self, account_id: str, **headers: str) -> Response:
        return self.client.post(
            "/rotation/decide", report(account_id), content_type="application/json", headers=headers
        )

    def read(self, trace_id: str) -> Response:
        return self.client.get(f"/rotation/{trace_id}")

    def ask_a_person(self, trace_id: str) -> Response:
        return self.client.post(f"/rotation/{trace_id}/review", {"note": ""}, content_type="application/json")

    def read_review(self, trace_id: str) -> Response:
        return self.client.get(f"/rotation/{trace_id}/review")

    def extract(self, **headers: str) -> Response:
        return self.client.post("/tickets/extract", {"text": TEXT}, content_type="application/json", headers=headers)

    def read_ticket(self, task_id: str) -> Response:
        return self.client.get(f"/tickets/{task_id}")

    def judge(self, task_id: str) -> Response:
        return self.client.post(f"/tickets/{task_id}/feedback", {"verdict": "right"}, content_type="application/json")


@pytest.fixture
def programs(settings: Settings, credential: Credential) -> tuple[Program, Program]:
    """A stranger, whose token covers an account without a record, and the owner of the foreign account."""
    settings.ACCESS = "members"
    return Program(OWN), Program(FOREIGN)


def visible_parts(response: Response) -> tuple[int, str, list[str]]:
    """Return what a stranger can compare: status, body and headers, without the trace id."""
    named = r'(trace|task)_[0-9a-z]{26}|(?<=name="csrfmiddlewaretoken" value=")\w+'
    texts = (response.text, *(f"{name}: {value}" for name, value in response.items()))
    body, *headers = (re.sub(named, "…", text) for text in texts)
    return response.status_code, body, sorted(headers)


def queries_of(ask: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        ask()
    return [re.sub(r"'[^']*'|\d+", "…", query["sql"]) for query in captured.captured_queries]


def milliseconds(*asks: Callable[[], object]) -> list[float]:
    """Ask in turns, so that other load on the machine affects all alike. Return the median of each."""
    took: list[list[float]] = [[] for _ in asks]
    for _ in range(REPEATS):
        for times, ask in zip(took, asks, strict=True):
            started = perf_counter()
            ask()
            times.append((perf_counter() - started) * 1000)
    return [round(median(times), 2) for times in took]


def compare(what: str, *asks: Callable[[], Response]) -> str:
    """Expect the same responses from the same queries. Describe how long each takes."""
    answers, queries = [visible_parts(ask()) for ask in asks], [queries_of(ask) for ask in asks]
    assert answers[0] == answers[1]
    assert queries[0] == queries[1]
    return f"{what}: {answers[0][0]}, {len(queries[0])} queries each, medians {milliseconds(*asks)} ms"


def test_foreign_and_unknown_ids_look_the_same(
    programs: tuple[Program, Program], provider: FakeProvider, promise: Promise
) -> None:
    stranger, owner = programs
    provider.says = answer("needs_review")
    foreign, absent = owner.decide(FOREIGN).json()["trace_id"], new_trace_id()
    again = [{"Retry-Of": id_} for id_ in (foreign, absent)]

    figures = [
        compare("account", lambda: stranger.decide(FOREIGN), lambda: stranger.decide(UNKNOWN)),
        compare("trace", lambda: stranger.read(foreign), lambda: stranger.read(absent)),
        compare("retry", lambda: stranger.decide(OWN, **again[0]), lambda: stranger.decide(OWN, **again[1])),
        compare("question", lambda: stranger.ask_a_person(foreign), lambda: stranger.ask_a_person(absent)),
        compare("review", lambda: stranger.read_review(foreign), lambda: stranger.read_review(absent)),
    ]

    assert owner.read(foreign).status_code == 200
    assert owner.ask_a_person(foreign).json()["status"] == "requested"
    assert len(provider.calls) == 1
    promise(4, f"enumeration, a foreign one and none, asked {REPEATS} times each: {'; '.join(figures)}")


def test_foreign_request_and_none_start_the_same_page(
    programs: tuple[Program, Program], provider: FakeProvider, promise: Promise
) -> None:
    _, owner = programs
    foreign, absent = owner.decide(FOREIGN).json()["trace_id"], new_trace_id()
    member = Client()
    member.force_login(User.objects.create_user("ada"))

    figures = [
        compare(f"page {way}", *(partial(member.get, f"/mine?p={way}.{start}") for start in (foreign, absent)))
        for way in ("older", "newer")
    ]

    promise(4, f"own requests, enumeration, asked {REPEATS} times each: {'; '.join(figures)}")


def test_foreign_and_unknown_tickets_look_the_same(
    programs: tuple[Program, Program], settings: Settings, monkeypatch: pytest.MonkeyPatch, promise: Promise
) -> None:
    stranger, owner = programs
    asked = scripted_site(settings, monkeypatch).provider.asked
    foreign, absent = owner.extract().json()["task_id"], new_trace_id().replace("trace_", "task_")
    again = [{"Retry-Of": id_} for id_ in (foreign, absent)]

    figures = [
        compare("ticket", lambda: stranger.read_ticket(foreign), lambda: stranger.read_ticket(absent)),
        compare("retry", lambda: stranger.extract(**again[0]), lambda: stranger.extract(**again[1])),
        compare("feedback", lambda: stranger.judge(foreign), lambda: stranger.judge(absent)),
    ]

    assert [owner.read_ticket(foreign).status_code, owner.judge(foreign).status_code] == [200, 200]
    assert len(asked) == 1
    promise(4, f"tickets, enumeration, asked {REPEATS} times each: {'; '.join(figures)}")
