"""The access line: one per request, with its route and never its path, and the trace that it was about."""

import json
import logging
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from config.logging import QuietFormatter
from rotation import providers
from rotation.models import Credential
from tests.configuration.test_logging import fail
from tests.conftest import Decide, report
from tests.fakes import FakeProvider
from traces.identifiers import new_trace_id
from traces.models import TraceRecord

CANARY = "canary-7d1e"
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Read what every logger wrote in this test, from DEBUG on, in the service's format."""
    output = StringIO()
    handler = logging.StreamHandler(output)
    handler.setFormatter(QuietFormatter(readable=False))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lambda: [json.loads(line) for line in output.getvalue().splitlines()]
    root.setLevel(level)
    root.removeHandler(handler)


def access(lines: Lines) -> list[dict[str, Any]]:
    return [line for line in lines() if line["logger"] == "config.access_log"]


def test_a_request_is_one_line(client: Client, db: None, lines: Lines) -> None:
    client.get("/")

    [line] = access(lines)
    assert (line["level"], line["event"], line["method"], line["route"], line["status"]) == (
        "info",
        "request",
        "GET",
        "/",
        200,
    )
    assert 0 < line["duration_ms"] < 60_000
    assert "trace_id" not in line


@pytest.mark.parametrize(
    ("path", "route", "status"),
    [
        (f"/rotation/{CANARY}", "unmatched", 404),
        (f"/?{CANARY}=1", "/", 200),
        (f"/rotation/{new_trace_id()}?q={CANARY}", "/rotation/<trace_id:trace_id>", 404),
        (f"/admin/{CANARY}/", "/admin/(?P<url>.*)$", 302),
        (f"/static/{CANARY}.css", "/static/", 404),
    ],
    ids=["no route", "query", "route", "admin", "static"],
)
def test_a_line_has_the_route_and_not_the_path(
    client: Client, db: None, lines: Lines, path: str, route: str, status: int
) -> None:
    client.get(path, headers={"User-Agent": CANARY, "Referer": CANARY})

    [line] = access(lines)
    assert (line["route"], line["status"]) == (route, status)
    assert CANARY not in str(lines())


def test_an_unknown_method_is_not_logged(client: Client, db: None, lines: Lines) -> None:
    client.generic("CANARY", "/")

    assert [(line["method"], line["status"]) for line in access(lines)] == [("other", 405)]


@pytest.mark.parametrize("probe", ["/healthz", "/readyz", "/metrics"])
def test_a_probe_is_not_logged(client: Client, db: None, lines: Lines, probe: str) -> None:
    client.get(probe)

    assert access(lines) == []


def test_every_line_of_a_decision_has_its_trace(
    decide: Decide, credential: Credential, provider: FakeProvider, lines: Lines
) -> None:
    provider.says = RuntimeError(CANARY)

    decide()

    assert {line["logger"] for line in lines()} >= {"config.access_log", "rotation.service"}
    assert {line["trace_id"] for line in lines()} == {TraceRecord.objects.get().trace_id}


def test_djangos_line_about_an_error_after_the_decision_has_the_trace(
    credential: Credential, provider: FakeProvider, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rotation.views._json", fail)

    Client(raise_request_exception=False).post("/rotation/decide", report(), content_type="application/json")

    [line] = [line for line in lines() if line["logger"] == "django.request"]
    assert line["trace_id"] == TraceRecord.objects.get().trace_id
    assert (line["event"], line["exception"]) == ("Internal Server Error: /rotation/decide", "RuntimeError")


def test_both_lines_of_a_repeated_submission_have_its_trace(
    decide: Decide, credential: Credential, provider: FakeProvider, lines: Lines
) -> None:
    decide(**{"Idempotency-Key": "a-key-of-mine"})
    decide(**{"Idempotency-Key": "a-key-of-mine"})

    assert [line["trace_id"] for line in access(lines)] == [TraceRecord.objects.get().trace_id] * 2


def test_the_line_of_a_result_page_has_the_trace(client: Client, db: None, lines: Lines) -> None:
    trace_id = new_trace_id()

    client.get(f"/rotation/{trace_id}")

    assert [line["trace_id"] for line in access(lines)] == [trace_id]


@pytest.mark.parametrize("written", [str, quote], ids=["plain", "as the admin quotes it"])
def test_the_line_of_an_admin_page_has_the_trace(
    admin_client: Client, admin_user: User, lines: Lines, written: Callable[[str], str]
) -> None:
    trace_id = new_trace_id()

    admin_client.get(f"/admin/traces/tracerecord/{written(trace_id)}/change/")

    assert [line["trace_id"] for line in access(lines)] == [trace_id]


def test_the_next_request_of_a_thread_does_not_keep_the_trace(client: Client, db: None, lines: Lines) -> None:
    client.get(f"/rotation/{new_trace_id()}")
    client.get("/")

    assert ["trace_id" in line for line in access(lines)] == [True, False]


def test_no_line_holds_a_report_when_something_breaks(
    decide: Decide, credential: Credential, lines: Lines, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(providers.PROVIDERS, "fails", fail)
    sent = report(text=f"{CANARY} of a stale service-account key")

    decide(sent)
    settings.DECISION_PROVIDER = "fails"
    with pytest.raises(RuntimeError):
        decide(sent)
    decide(f'{{"credential_report": "{CANARY}')

    assert len(access(lines)) == 3
    assert CANARY not in str(lines())
