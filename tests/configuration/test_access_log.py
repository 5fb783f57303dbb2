"""The access line: one per request, with its route and never its path, and the trace that it was about."""

import json
import logging
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.test import Client
from pytest_django import Settings

from config.logging import QuietFormatter
from decisions import providers
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


def test_a_request_is_one_line_with_its_route_and_without_its_path(client: Client, db: None, lines: Lines) -> None:
    routes = {
        "/": ("/", 200),
        f"/?{CANARY}=1": ("/", 200),
        f"/rotation/{CANARY}": ("unmatched", 404),
        f"/rotation/{new_trace_id()}?q={CANARY}": ("/rotation/<trace_id:trace_id>", 404),
        f"/admin/{CANARY}/": ("/admin/(?P<url>.*)$", 302),
        f"/static/{CANARY}.css": ("/static/", 404),
    }

    for path in routes:
        client.get(path, headers={"User-Agent": CANARY, "Referer": CANARY})
    client.generic("CANARY", "/")

    logged = access(lines)
    expected = [*(("GET", *row) for row in routes.values()), ("other", "/", 405)]
    assert [(line["method"], line["route"], line["status"]) for line in logged] == expected
    assert {(line["level"], line["event"]) for line in logged} >= {("info", "request")}
    assert all(0 < line["duration_ms"] < 60_000 for line in logged)
    assert "trace_id" not in logged[0]
    assert "canary" not in str(lines()).lower()


def test_a_probe_is_not_logged(client: Client, db: None, lines: Lines) -> None:
    for probe in ("/healthz", "/readyz", "/metrics"):
        client.get(probe)

    assert access(lines) == []


def test_every_line_of_a_decision_and_of_its_repetition_has_the_trace(
    decide: Decide, credential: Credential, provider: FakeProvider, lines: Lines
) -> None:
    provider.says = RuntimeError(CANARY)

    for _ in range(2):
        decide(**{"Idempotency-Key": "a-key-of-mine"})

    assert [line["logger"] for line in lines()].count("config.access_log") == 2
    assert "decisions.decide" in {line["logger"] for line in lines()}
    assert {line["trace_id"] for line in lines()} == {TraceRecord.objects.get().trace_id}


def test_djangos_line_about_an_error_after_the_decision_has_the_trace(
    credential: Credential, provider: FakeProvider, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("decisions.views.WorkflowViews.json_response", fail)

    Client(raise_request_exception=False).post("/rotation/decide", report(), content_type="application/json")

    [line] = [line for line in lines() if line["logger"] == "django.request"]
    assert line["trace_id"] == TraceRecord.objects.get().trace_id
    assert (line["event"], line["exception"]) == ("Internal Server Error: /rotation/decide", "RuntimeError")


def test_a_line_about_a_trace_has_its_id_and_the_next_line_does_not(admin_client: Client, lines: Lines) -> None:
    trace_id = new_trace_id()
    admin_pages = [f"/admin/traces/tracerecord/{written}/change/" for written in (trace_id, quote(trace_id))]

    for path in (f"/rotation/{trace_id}", *admin_pages, "/"):
        admin_client.get(path)

    assert [line.get("trace_id") for line in access(lines)] == [trace_id] * 3 + [None]


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
