"""Failures around a decision: the ledger, the places for decisions, the provider, the process."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import sleep

import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import Settings

from config.logging import QuietFormatter
from tests.conftest import Decide, Response, report
from tests.fakes import FakeProvider, answer
from tests.interfaces.conftest import CANARY, LEDGER, database_down, ledger_refusing, problem
from traces import deadlines
from traces.models import TraceRecord

pytestmark = pytest.mark.usefixtures("credential")


@contextmanager
def ledger_restored() -> Iterator[None]:
    """Put the ledger's table back after it was renamed in this block."""
    try:
        yield
    finally:
        rename(f"{LEDGER}_away", LEDGER)


def rename(table: str, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {name}")


def test_no_call_is_made_without_a_running_row(decide: Decide, provider: FakeProvider) -> None:
    with ledger_refusing("INSERT"):
        refused = decide()
    with database_down():
        unreachable = decide()

    for response in (refused, unreachable):
        assert problem(response, 503)["type"] == "urn:problem-type:ledger-unavailable"
        assert "trace_id" not in response.json()
        assert response["Retry-After"] == "5"
        assert CANARY not in response.text
    assert provider.calls == []
    assert not TraceRecord.objects.exists()


def test_a_row_that_cannot_be_closed_is_named_and_stays_running(
    decide: Decide, provider: FakeProvider, caplog: pytest.LogCaptureFixture
) -> None:
    with ledger_refusing("UPDATE"):
        response = decide()

    trace = TraceRecord.objects.get()
    assert problem(response, 503)["trace_id"] == trace.trace_id
    assert response["Retry-After"] == "5"
    assert (trace.status, len(provider.calls)) == ("running", 1)
    [line] = [record.getMessage() for record in caplog.records if record.name == "decisions.decide"]
    assert line == f"ledger unavailable for {trace.trace_id}: OperationalError"
    assert CANARY not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_ledger_lost_during_the_call_is_refused_with_the_trace_id(
    decide: Decide, provider: FakeProvider, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DECISION_DEADLINE_SECONDS = 0.5
    monkeypatch.setattr(deadlines, "CLOSING_SECONDS", 0.2)
    provider.meanwhile = lambda: rename(LEDGER, f"{LEDGER}_away")

    with ledger_restored():
        response = decide()

    trace = TraceRecord.objects.get()
    assert problem(response, 503)["trace_id"] == trace.trace_id
    assert trace.status == "running"


@pytest.mark.django_db(transaction=True)
def test_an_answer_is_written_down_as_soon_as_the_ledger_takes_it(decide: Decide, provider: FakeProvider) -> None:
    """Also if an attempt that seemed to fail was the one that closed the row."""
    attempts: list[str] = []

    def fail_twice(execute: Callable[..., object], sql: str, *rest: object) -> object:
        if not sql.startswith("UPDATE"):
            return execute(sql, *rest)
        attempts.append(sql)
        result = None if len(attempts) == 1 else execute(sql, *rest)
        if len(attempts) < 3:
            raise OperationalError(CANARY)
        return result

    with connection.execute_wrapper(fail_twice):
        response = decide()

    trace = TraceRecord.objects.get()
    assert (response.status_code, response.json()["decision"]) == (200, "eligible")
    assert (trace.status, trace.decision, len(provider.calls), len(attempts)) == ("completed", "eligible", 1, 3)


@pytest.mark.django_db(transaction=True)
def test_the_wait_for_the_first_write_spends_the_deadline_of_the_call(
    decide: Decide, provider: FakeProvider, settings: Settings
) -> None:
    settings.DECISION_DEADLINE_SECONDS = 20
    left: list[float | None] = []
    provider.meanwhile = lambda: left.append(deadlines.seconds_left())

    def wait(execute: Callable[..., object], sql: str, *rest: object) -> object:
        if sql.startswith("INSERT"):
            sleep(0.2)
        return execute(sql, *rest)

    with connection.execute_wrapper(wait):
        assert decide().status_code == 200

    [seconds] = left
    assert seconds is not None
    assert 0 < seconds <= 20 - 0.2
    assert deadlines.seconds_left() is None


def test_a_row_closed_by_another_request_is_answered_as_stored(
    decide: Decide, provider: FakeProvider, settings: Settings
) -> None:
    def interrupt() -> None:
        settings.DECISION_DEADLINE_SECONDS = settings.INTERRUPTED_GRACE_SECONDS = 0
        Client().get(f"/rotation/{TraceRecord.objects.get().trace_id}")

    provider.meanwhile = interrupt

    body = decide().json()

    assert (body["status"], body["error_code"], body["decision"]) == ("failed", "interrupted", None)
    assert len(provider.calls) == 1


def test_while_all_places_are_taken_a_new_decision_is_refused_and_an_old_one_is_repeated(
    decide: Decide, provider: FakeProvider, settings: Settings
) -> None:
    settings.DECISIONS_IN_FLIGHT = 1
    made = decide(None, **{"Idempotency-Key": "key-of-one"})
    crowd: list[Response] = []
    keys = "key-of-one", "key-of-two"
    provider.meanwhile = lambda: crowd.extend(decide(None, **{"Idempotency-Key": key}) for key in keys)

    assert decide().json()["status"] == "completed"

    repeated, refused = crowd
    assert repeated.json() == made.json()
    assert problem(refused, 503)["type"] == "urn:problem-type:too-many-waiting"
    assert refused["Retry-After"] == "5"
    assert (len(provider.calls), TraceRecord.objects.count()) == (2, 2)


def test_a_row_deleted_during_its_call_is_refused_with_its_id(decide: Decide, provider: FakeProvider) -> None:
    provider.meanwhile = lambda: TraceRecord.objects.all().delete()

    response = decide()

    assert problem(response, 503)["trace_id"].startswith("trace_")


def test_a_place_is_free_again_after_every_ending(decide: Decide, provider: FakeProvider, settings: Settings) -> None:
    settings.DECISIONS_IN_FLIGHT = 1
    key = {"Idempotency-Key": "order-0001"}

    for says in (answer(), "no answer", TimeoutError(), RuntimeError(), SystemExit()):
        provider.says = says
        with suppress(SystemExit):
            decide()
        provider.says = answer()
        assert decide().json()["status"] == "completed", repr(says)

    with ledger_refusing("INSERT"):
        decide()
    decide(None, **key)
    assert decide(report(text="another stale key"), **key).status_code == 422
    assert decide().json()["status"] == "completed"


def test_an_unexpected_exception_is_an_internal_error_and_logged_by_its_class_and_place(
    decide: Decide, provider: FakeProvider, caplog: pytest.LogCaptureFixture, subtests: pytest.Subtests
) -> None:
    faults = [fault(CANARY) for fault in (RuntimeError, KeyError, RecursionError, MemoryError)]

    for fault in (*faults, UnicodeDecodeError("utf-8", CANARY.encode(), 0, 1, CANARY)):
        with subtests.test(type(fault).__name__):
            caplog.clear()
            provider.says = fault
            provider.says.__cause__ = ValueError(CANARY)
            response = decide()
            body = response.json()
            assert (response.status_code, body["status"], body["error_code"]) == (200, "failed", "internal_error")
            assert body["error"] == "Decision unavailable; retry safely."
            row = TraceRecord.objects.get(pk=body["trace_id"])
            assert (row.status, row.error_code) == ("failed", "internal_error")
            [record] = [record for record in caplog.records if record.levelno > logging.INFO]
            line = QuietFormatter(readable=False).format(record)
            assert f"internal_error in {row.trace_id}" in line
            assert f'"exception": "{type(fault).__name__}"' in line
            assert "fakes.py" in line
            assert CANARY not in response.text + line


def test_a_process_that_stops_closes_its_row_as_interrupted_if_it_can(
    decide: Decide, provider: FakeProvider, subtests: pytest.Subtests
) -> None:
    for stop in (SystemExit, KeyboardInterrupt):
        with subtests.test(stop.__name__):
            provider.says = stop()
            with pytest.raises(stop):
                decide()
            closed = TraceRecord.objects.latest("started_at")
            with pytest.raises(stop), ledger_refusing("UPDATE"):
                decide()
            assert (closed.status, closed.error_code, closed.error_reason) == ("failed", "interrupted", None)
            assert TraceRecord.objects.latest("started_at").status == "running"


def test_the_admin_without_a_database_is_unavailable(admin_client: Client) -> None:
    with database_down():
        response = admin_client.get("/admin/")

    assert problem(response, 503)["type"] == "urn:problem-type:ledger-unavailable"
