"""Entries and rows of the ledger, valid unless a test changes them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.db import connection

from traces.codes import ErrorCode, Source, Status
from traces.entries import Completed, Ending, Failed, Opening, Usage
from traces.identifiers import new_trace_id
from traces.models import TraceRecord

Result = TypeVar("Result")

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(seconds=2)
USAGE = Usage(model="answered-model", provider_ms=1200, input_tokens=310, output_tokens=24)
COMPLETED = Completed(decision="eligible", policy_line_ids=("P-7",), usage=USAGE)
FAILED = Failed(error_code=ErrorCode.PROVIDER_TIMEOUT)
INVALID = Failed(error_code=ErrorCode.INVALID_DECISION, error_reason="window_conflict")
OPENING: dict[str, Any] = {
    "source": Source.API,
    "submitter": "user:7",
    "submission_key": None,
    "retry_of": None,
    "workflow": "rotation",
    "account_id": "acct_10234",
    "submission_digest": "0123456789abcdef" * 2,
    "input_fingerprint": "fedcba9876543210" * 2,
    "fingerprint_key_id": "test",
    "prompt_version": "rotation_decision@1",
    "policy_version": "policy@1",
    "provider": "openai",
    "model": "asked-model",
    "release": "1.2.3",
    "credential_label": "invoice-sync",
    "credential_kind": "service_account_key",
    "credential_state": "active",
    "credential_age_days": 12,
}

RUNNING_ROW: dict[str, Any] = {**OPENING, "status": Status.RUNNING, "started_at": NOW}
COMPLETED_ROW = RUNNING_ROW | {
    "status": Status.COMPLETED,
    "decision": "eligible",
    "policy_line_ids": ["P-7"],
    "finished_at": LATER,
    "latency_ms": 2000,
}
FAILED_ROW = RUNNING_ROW | {
    "status": Status.FAILED,
    "error_code": ErrorCode.PROVIDER_TIMEOUT,
    "finished_at": LATER,
    "latency_ms": 2000,
}


def opening(**changes: Any) -> Opening:
    return Opening(**OPENING | changes)


def open_row(*, at: datetime = NOW, **changes: Any) -> TraceRecord:
    return TraceRecord.objects.open(opening(**changes), at=at)


def closed_row(ending: Ending = COMPLETED, **changes: Any) -> TraceRecord:
    trace = open_row(**changes)
    trace.close(ending, at=LATER)
    return trace


def insert(row: dict[str, Any]) -> TraceRecord:
    """Insert a row without our own methods, so that only the database checks it."""
    (trace,) = TraceRecord.objects.bulk_create([TraceRecord(**{"trace_id": new_trace_id(), **row})])
    return trace


def stored(trace: TraceRecord) -> dict[str, Any]:
    return {**TraceRecord.objects.values().get(pk=trace.pk)}


def in_another_connection(work: Callable[[], Result]) -> Result:
    def run() -> Result:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as threads:
        return threads.submit(run).result()
