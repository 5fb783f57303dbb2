"""One request, one row: written running, moved once, and never again."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.ledger.rows import (
    COMPLETED,
    FAILED,
    INVALID,
    LATER,
    NOW,
    USAGE,
    closed_row,
    in_another_connection,
    open_row,
    opening,
    stored,
)
from traces.codes import ErrorCode, Status
from traces.entries import Completed, Ending, Failed, Usage
from traces.models import TraceAlreadyClosed, TraceRecord

every_ending = pytest.mark.parametrize("ending", [COMPLETED, FAILED, INVALID], ids=["completed", "failed", "invalid"])


@pytest.mark.django_db(transaction=True)
def test_a_running_row_is_committed_before_open_returns() -> None:
    trace = open_row()

    seen = in_another_connection(lambda: TraceRecord.objects.get(pk=trace.pk))

    assert seen.status == Status.RUNNING


@pytest.mark.django_db(transaction=True)
def test_a_row_is_not_opened_inside_a_transaction() -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        open_row()

    assert not TraceRecord.objects.exists()


@pytest.mark.django_db
def test_a_row_opens_with_what_its_entry_says_and_no_ending() -> None:
    entry = opening(submission_key="key-of-a-submission")

    row = stored(TraceRecord.objects.open(entry, at=NOW))

    given = entry.model_dump() | {"status": Status.RUNNING, "started_at": NOW}
    assert row.items() >= given.items()
    assert {value for column, value in row.items() if column not in {*given, "trace_id", "policy_line_ids"}} == {None}
    assert row["policy_line_ids"] == []


@pytest.mark.django_db
def test_a_completed_row_holds_its_decision_and_evidence() -> None:
    row = stored(closed_row(COMPLETED))

    assert (row["status"], row["decision"], row["policy_line_ids"]) == ("completed", "eligible", ["P-7"])
    assert (row["error_code"], row["error_reason"]) == (None, None)
    assert (row["finished_at"], row["latency_ms"]) == (LATER, 2000)


@pytest.mark.django_db
def test_a_failed_row_holds_its_code_and_reason() -> None:
    row = stored(closed_row(INVALID))

    assert (row["status"], row["decision"], row["policy_line_ids"]) == ("failed", None, [])
    assert (row["error_code"], row["error_reason"]) == ("invalid_decision", "window_conflict")
    assert (row["finished_at"], row["latency_ms"]) == (LATER, 2000)


@pytest.mark.django_db
@every_ending
def test_the_object_says_what_the_row_says(ending: Ending) -> None:
    trace = closed_row(ending)

    assert {field.attname: getattr(trace, field.attname) for field in trace._meta.concrete_fields} == stored(trace)


@pytest.mark.django_db
@every_ending
@pytest.mark.parametrize("second", [COMPLETED, FAILED], ids=["then completed", "then failed"])
def test_a_second_close_changes_neither_row_nor_object(ending: Ending, second: Ending) -> None:
    trace = closed_row(ending)
    row, seen = stored(trace), {**vars(trace)}

    with pytest.raises(TraceAlreadyClosed):
        trace.close(second, at=LATER + timedelta(seconds=1))

    assert stored(trace) == row
    assert vars(trace) == seen


@pytest.mark.django_db
@pytest.mark.parametrize("second", [COMPLETED, FAILED], ids=["completed", "failed"])
def test_the_loser_of_a_race_keeps_its_object_as_it_was(second: Ending) -> None:
    trace = open_row()
    TraceRecord.objects.get(pk=trace.pk).close(INVALID, at=LATER)
    row, seen = stored(trace), {**vars(trace)}

    with pytest.raises(TraceAlreadyClosed):
        trace.close(second, at=LATER + timedelta(seconds=1))

    assert stored(trace) == row
    assert vars(trace) == seen


@pytest.mark.django_db
def test_a_close_reaches_no_other_row() -> None:
    other = open_row()

    closed_row(FAILED)

    assert stored(other)["status"] == Status.RUNNING


@pytest.mark.django_db
@pytest.mark.parametrize(
    "ending",
    [
        pytest.param(COMPLETED, id="completed"),
        pytest.param(Failed(error_code=ErrorCode.PROVIDER_ERROR, usage=USAGE), id="failed"),
    ],
)
def test_usage_is_stored(ending: Ending) -> None:
    row = stored(closed_row(ending))

    assert row.items() >= dict(USAGE).items()


@pytest.mark.django_db
def test_unknown_usage_leaves_the_model_that_was_asked() -> None:
    row = stored(closed_row(Failed(error_code=ErrorCode.PROVIDER_TIMEOUT, usage=Usage(provider_ms=20_000))))

    assert row.items() >= {"model": "asked-model", "provider_ms": 20_000, "input_tokens": None}.items()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("passed", "latency_ms"),
    [
        pytest.param(timedelta(milliseconds=1234), 1234, id="milliseconds"),
        pytest.param(timedelta(microseconds=1700), 2, id="rounded"),
        pytest.param(timedelta(0), 0, id="none"),
        pytest.param(timedelta(seconds=-5), 0, id="a clock set back"),
    ],
)
def test_latency_is_never_negative(passed: timedelta, latency_ms: int) -> None:
    trace = open_row()

    trace.close(COMPLETED, at=NOW + passed)

    assert stored(trace)["latency_ms"] == latency_ms


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(Completed(decision="eligible", policy_line_ids=("P-7",)), id="completed without facts"),
        pytest.param(Failed(error_code=ErrorCode.INVALID_DECISION), id="invalid without a reason"),
    ],
)
def test_an_ending_that_the_database_refuses_leaves_the_row_running(wrong: Ending) -> None:
    trace = open_row(credential_age_days=None)
    row, seen = stored(trace), {**vars(trace)}

    with pytest.raises(IntegrityError), transaction.atomic():
        trace.close(wrong, at=LATER)

    assert stored(trace) == row
    assert vars(trace) == seen


@pytest.mark.parametrize("code", ErrorCode)
def test_the_error_is_the_sentence_of_the_code(code: ErrorCode) -> None:
    assert TraceRecord(status=Status.FAILED, error_code=code.value).error == code.label


@pytest.mark.parametrize("status", [Status.RUNNING, Status.COMPLETED])
def test_a_row_without_a_code_has_no_error(status: Status) -> None:
    assert TraceRecord(status=status).error is None


def test_a_row_is_named_by_its_id() -> None:
    assert str(TraceRecord(trace_id="trace_" + "0" * 26)) == "trace_" + "0" * 26
