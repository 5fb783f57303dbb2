"""What breaks around a decision: the ledger, the places for waiting decisions, the provider, the process."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from config.logging import QuietFormatter
from rotation.models import Credential
from tests.conftest import Decide, report
from tests.faces.conftest import CANARY, LEDGER, database_down, ledger_refusing, problem
from tests.fakes import FakeProvider, answer
from traces.models import TraceRecord

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response


@contextmanager
def ledger_away() -> Iterator[list[str]]:
    """Let the ledger's table be taken away by what is run here, and put it back."""
    moved: list[str] = []
    try:
        yield moved
    finally:
        if moved:
            move(f"{LEDGER}_away", LEDGER)


def move(table: str, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {name}")


def test_no_call_is_made_when_the_running_row_cannot_be_written(
    decide: Decide, credential: Credential, provider: FakeProvider
) -> None:
    with ledger_refusing("INSERT"):
        response = decide()

    assert problem(response, 503)["type"] == "urn:problem-type:ledger-unavailable"
    assert "trace_id" not in response.json()
    assert response["Retry-After"] == "5"
    assert provider.calls == []
    assert not TraceRecord.objects.exists()


def test_no_call_is_made_when_the_database_is_down(
    decide: Decide, credential: Credential, provider: FakeProvider
) -> None:
    with database_down():
        response = decide()

    assert problem(response, 503)
    assert CANARY not in response.text
    assert provider.calls == []


def test_a_row_that_cannot_be_closed_is_named_and_stays_running(
    decide: Decide, credential: Credential, provider: FakeProvider
) -> None:
    with ledger_refusing("UPDATE"):
        response = decide()

    trace = TraceRecord.objects.get()
    assert problem(response, 503)["trace_id"] == trace.trace_id
    assert response["Retry-After"] == "5"
    assert (trace.status, len(provider.calls)) == ("running", 1)


@pytest.mark.django_db(transaction=True)
def test_a_ledger_lost_during_the_call_is_refused_with_the_trace_id(
    decide: Decide, credential: Credential, provider: FakeProvider
) -> None:
    with ledger_away() as moved:

        def take_away() -> None:
            move(LEDGER, f"{LEDGER}_away")
            moved.append(LEDGER)

        provider.meanwhile = take_away
        response = decide()

    trace = TraceRecord.objects.get()
    assert problem(response, 503)["trace_id"] == trace.trace_id
    assert trace.status == "running"


def test_a_ledger_fault_is_logged_without_its_text(
    decide: Decide, credential: Credential, provider: FakeProvider, caplog: pytest.LogCaptureFixture
) -> None:
    with ledger_refusing("UPDATE"):
        decide()

    [line] = [record.getMessage() for record in caplog.records if record.name == "rotation.service"]
    assert line == f"ledger unavailable for {TraceRecord.objects.get().trace_id}: OperationalError"
    assert CANARY not in caplog.text


def test_a_row_closed_by_another_request_is_answered_as_stored(
    decide: Decide, credential: Credential, provider: FakeProvider, settings: Settings
) -> None:
    def interrupt() -> None:
        settings.DECISION_DEADLINE_SECONDS = settings.INTERRUPTED_GRACE_SECONDS = 0
        Client().get(f"/rotation/{TraceRecord.objects.get().trace_id}")

    provider.meanwhile = interrupt

    body = decide().json()

    assert (body["status"], body["error_code"], body["decision"]) == ("failed", "interrupted", None)
    assert len(provider.calls) == 1


def test_a_decision_beyond_the_places_is_refused(
    decide: Decide, credential: Credential, provider: FakeProvider, settings: Settings
) -> None:
    settings.DECISIONS_IN_FLIGHT = 1
    crowd: list[Response] = []
    provider.meanwhile = lambda: crowd.append(decide())

    first = decide()

    assert problem(crowd[0], 503)["type"] == "urn:problem-type:too-many-waiting"
    assert crowd[0]["Retry-After"] == "5"
    assert first.json()["status"] == "completed"
    assert (len(provider.calls), TraceRecord.objects.count()) == (1, 1)


def test_a_repeated_submission_is_answered_when_all_places_are_taken(
    decide: Decide, credential: Credential, provider: FakeProvider, settings: Settings
) -> None:
    settings.DECISIONS_IN_FLIGHT = 1
    made = decide(None, **{"Idempotency-Key": "key-of-one"})
    crowd: list[Response] = []
    provider.meanwhile = lambda: crowd.extend(
        [decide(None, **{"Idempotency-Key": "key-of-one"}), decide(None, **{"Idempotency-Key": "key-of-two"})]
    )

    decide()

    assert crowd[0].json() == made.json()
    assert problem(crowd[1], 503)["type"] == "urn:problem-type:too-many-waiting"
    assert (len(provider.calls), TraceRecord.objects.count()) == (2, 2)


def test_a_row_deleted_during_its_call_is_refused_with_its_id(
    decide: Decide, credential: Credential, provider: FakeProvider
) -> None:
    provider.meanwhile = lambda: TraceRecord.objects.all().delete()

    response = decide()

    assert problem(response, 503)["trace_id"].startswith("trace_")


def test_a_place_is_free_again_after_every_ending(
    decide: Decide, credential: Credential, provider: FakeProvider, settings: Settings, subtests: pytest.Subtests
) -> None:
    settings.DECISIONS_IN_FLIGHT = 1

    for says in (answer(), "no answer", TimeoutError(), RuntimeError(), SystemExit()):
        with subtests.test(repr(says)[:20]):
            provider.says = says
            with suppress(SystemExit):
                decide()
            provider.says = answer()
            assert decide().json()["status"] == "completed"


def test_a_place_is_free_again_after_a_refusal_and_a_ledger_fault(
    decide: Decide, credential: Credential, provider: FakeProvider, settings: Settings
) -> None:
    settings.DECISIONS_IN_FLIGHT = 1
    with ledger_refusing("INSERT"):
        decide()
    decide(None, **{"Idempotency-Key": "order-0001"})
    decide(report(text="another stale key"), **{"Idempotency-Key": "order-0001"})

    response = decide()

    assert response.json()["status"] == "completed"


def test_a_fault_without_a_name_is_an_internal_error(
    decide: Decide, credential: Credential, provider: FakeProvider, subtests: pytest.Subtests
) -> None:
    faults = [fault(CANARY) for fault in (RuntimeError, KeyError, RecursionError, MemoryError)]

    for fault in (*faults, UnicodeDecodeError("utf-8", CANARY.encode(), 0, 1, CANARY)):
        with subtests.test(type(fault).__name__):
            provider.says = fault
            response = decide()
            body = response.json()
            assert (response.status_code, body["status"], body["error_code"]) == (200, "failed", "internal_error")
            assert body["error"] == "Something went wrong on our side; no decision was made."
            assert CANARY not in response.text
            row = TraceRecord.objects.get(pk=body["trace_id"])
            assert (row.status, row.error_code) == ("failed", "internal_error")


def test_a_fault_without_a_name_is_logged_once_by_its_class_and_place(
    decide: Decide, credential: Credential, provider: FakeProvider, caplog: pytest.LogCaptureFixture
) -> None:
    provider.says = RuntimeError(CANARY)
    provider.says.__cause__ = ValueError(CANARY)

    decide()

    [record] = [record for record in caplog.records if record.levelno > logging.INFO]
    line = QuietFormatter(readable=False).format(record)
    assert f"internal_error in {TraceRecord.objects.get().trace_id}" in line
    assert '"exception": "RuntimeError"' in line
    assert "fakes.py" in line
    assert CANARY not in line


@pytest.mark.parametrize("stop", [SystemExit, KeyboardInterrupt])
def test_a_process_that_stops_closes_its_row_as_interrupted(
    decide: Decide, credential: Credential, provider: FakeProvider, stop: type[BaseException]
) -> None:
    provider.says = stop()

    with pytest.raises(stop):
        decide()

    row = TraceRecord.objects.get()
    assert (row.status, row.error_code, row.error_reason) == ("failed", "interrupted", None)


@pytest.mark.parametrize("stop", [SystemExit, KeyboardInterrupt])
def test_a_process_that_stops_without_a_ledger_still_stops(
    decide: Decide, credential: Credential, provider: FakeProvider, stop: type[BaseException]
) -> None:
    provider.says = stop()

    with pytest.raises(stop), ledger_refusing("UPDATE"):
        decide()

    assert TraceRecord.objects.get().status == "running"


def test_the_admin_without_a_database_is_unavailable_and_not_at_fault(admin_client: Client) -> None:
    with database_down():
        response = admin_client.get("/admin/")

    assert problem(response, 503)["type"] == "urn:problem-type:ledger-unavailable"
