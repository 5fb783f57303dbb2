"""One request, one row: it is inserted as running, closed once, and never changed again."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from decisions.sentences import sentence_of
from rotation.workflow import ROTATION
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
def test_a_new_row_has_the_values_of_its_entry_and_no_ending() -> None:
    entry = opening(submission_key="key-of-a-submission")

    row = stored(TraceRecord.objects.open(entry, at=NOW))

    given = entry.model_dump() | {"status": Status.RUNNING, "started_at": NOW}
    assert row.items() >= given.items()
    assert {value for column, value in row.items() if column not in {*given, "trace_id", "policy_line_ids"}} == {None}
    assert row["policy_line_ids"] == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ending", "expected"),
    [
        (COMPLETED, {"status": "completed", "decision": "eligible", "policy_line_ids": ["P-7"], "error_code": None}),
        (FAILED, {"status": "failed", "error_code": "provider_timeout", "error_reason": None}),
        (INVALID, {"status": "failed", "error_code": "invalid_decision", "error_reason": "window_conflict"}),
    ],
    ids=["completed", "failed", "invalid"],
)
def test_a_closed_row_holds_its_ending_and_the_object_equals_it(ending: Ending, expected: dict[str, object]) -> None:
    trace = closed_row(ending)

    row = stored(trace)
    absent: dict[str, object] = {"decision": None, "policy_line_ids": [], "error_reason": None}
    assert row.items() >= (absent | expected | {"finished_at": LATER, "latency_ms": 2000}).items()
    assert {field.attname: getattr(trace, field.attname) for field in trace._meta.concrete_fields} == row


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
def test_the_loser_of_a_race_keeps_its_object_as_it_was() -> None:
    trace, other = open_row(), open_row()
    TraceRecord.objects.get(pk=trace.pk).close(INVALID, at=LATER)
    row, seen = stored(trace), {**vars(trace)}

    for second in (COMPLETED, FAILED):
        with pytest.raises(TraceAlreadyClosed):
            trace.close(second, at=LATER + timedelta(seconds=1))

        assert stored(trace) == row
        assert vars(trace) == seen
    assert stored(other)["status"] == Status.RUNNING


@pytest.mark.django_db
def test_usage_is_stored_and_unknown_usage_leaves_the_model_that_was_asked() -> None:
    for ending in (COMPLETED, Failed(error_code=ErrorCode.PROVIDER_ERROR, usage=USAGE)):
        assert stored(closed_row(ending)).items() >= dict(USAGE).items()

    row = stored(closed_row(Failed(error_code=ErrorCode.PROVIDER_TIMEOUT, usage=Usage(provider_ms=20_000))))
    assert row.items() >= {"model": "asked-model", "provider_ms": 20_000, "input_tokens": None}.items()


@pytest.mark.django_db
def test_latency_is_rounded_and_never_negative() -> None:
    for passed_ms, latency_ms in ((1234, 1234), (1.7, 2), (0, 0), (-5000, 0)):
        trace = open_row()

        trace.close(COMPLETED, at=NOW + timedelta(milliseconds=passed_ms))

        assert stored(trace)["latency_ms"] == latency_ms


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [Completed(decision="eligible", policy_line_ids=("P-7",)), Failed(error_code=ErrorCode.INVALID_DECISION)],
    ids=["completed without facts", "invalid without a reason"],
)
def test_an_ending_that_the_database_refuses_leaves_the_row_running(wrong: Ending) -> None:
    trace = open_row(credential_age_days=None)
    row, seen = stored(trace), {**vars(trace)}

    with pytest.raises(IntegrityError), transaction.atomic():
        trace.close(wrong, at=LATER)

    assert stored(trace) == row
    assert vars(trace) == seen


def test_a_row_without_a_code_has_no_sentence() -> None:
    assert [sentence_of(ROTATION, TraceRecord(status=each)) for each in (Status.RUNNING, Status.COMPLETED)] == [
        None
    ] * 2


def test_a_row_is_named_by_its_id() -> None:
    assert str(TraceRecord(trace_id="trace_" + "0" * 26)) == "trace_" + "0" * 26
