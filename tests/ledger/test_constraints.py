"""The database itself refuses a row whose columns do not fit its status, whoever writes it."""

from itertools import product
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import JSONField, Value

from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW, LATER, RUNNING_ROW, insert, stored
from traces.codes import ErrorCode, Source, Status
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db

SHAPE = "traces_row_has_the_shape_of_its_status"
REASON = "traces_reason_goes_with_invalid_decision"
SOURCE = "traces_source_is_known"
INVALID_ROW = FAILED_ROW | {"error_code": ErrorCode.INVALID_DECISION, "error_reason": "window_conflict"}
NO_FACTS = dict.fromkeys(("credential_label", "credential_kind", "credential_state", "credential_age_days"))
JSON_NULL = Value(None, JSONField())

RIGHT = {
    "running": RUNNING_ROW,
    "running without facts": RUNNING_ROW | NO_FACTS,
    "completed": COMPLETED_ROW,
    "completed at age 0": COMPLETED_ROW | {"credential_age_days": 0},
    "completed without a label": COMPLETED_ROW | {"credential_label": None},
    "failed": FAILED_ROW,
    "failed without facts": FAILED_ROW | NO_FACTS,
    "failed without latency": FAILED_ROW | {"latency_ms": None},
    "failed as invalid, with its reason": INVALID_ROW,
    **{f"from {source}": RUNNING_ROW | {"source": source} for source in Source.values},
    **{
        f"failed as {code}": FAILED_ROW | {"error_code": code}
        for code in ErrorCode.values
        if code != ErrorCode.INVALID_DECISION
    },
}
WRONG = {
    "running with a decision": (RUNNING_ROW | {"decision": "eligible"}, SHAPE),
    "running with finished_at": (RUNNING_ROW | {"finished_at": LATER}, SHAPE),
    "running with an error code": (RUNNING_ROW | {"error_code": ErrorCode.INTERRUPTED}, SHAPE),
    "running with evidence": (RUNNING_ROW | {"policy_line_ids": ["P-7"]}, SHAPE),
    "running with latency": (RUNNING_ROW | {"latency_ms": 0}, SHAPE),
    "running with a reason": (RUNNING_ROW | {"error_reason": "window_conflict"}, REASON),
    "completed without a decision": (COMPLETED_ROW | {"decision": None}, SHAPE),
    "completed without evidence": (COMPLETED_ROW | {"policy_line_ids": []}, SHAPE),
    "completed without age": (COMPLETED_ROW | {"credential_age_days": None}, SHAPE),
    "completed without kind": (COMPLETED_ROW | {"credential_kind": None}, SHAPE),
    "completed without state": (COMPLETED_ROW | {"credential_state": None}, SHAPE),
    "completed without any facts": (COMPLETED_ROW | NO_FACTS, SHAPE),
    "completed with an error code": (COMPLETED_ROW | {"error_code": ErrorCode.PROVIDER_ERROR}, SHAPE),
    "completed without finished_at": (COMPLETED_ROW | {"finished_at": None}, SHAPE),
    "completed with a reason": (COMPLETED_ROW | {"error_reason": "window_conflict"}, REASON),
    "failed without a code": (FAILED_ROW | {"error_code": None}, SHAPE),
    "failed with an empty code": (FAILED_ROW | {"error_code": ""}, SHAPE),
    "failed with an unknown code": (FAILED_ROW | {"error_code": "made_up"}, SHAPE),
    "failed with a decision": (FAILED_ROW | {"decision": "eligible"}, SHAPE),
    "failed with evidence": (FAILED_ROW | {"policy_line_ids": ["P-7"]}, SHAPE),
    "failed without finished_at": (FAILED_ROW | {"finished_at": None}, SHAPE),
    "a reason with another code": (FAILED_ROW | {"error_reason": "window_conflict"}, REASON),
    "a reason without a code": (FAILED_ROW | {"error_code": None, "error_reason": "x"}, f"{SHAPE}|{REASON}"),
    "invalid without a reason": (INVALID_ROW | {"error_reason": None}, REASON),
    "an unknown status": (FAILED_ROW | {"status": "cancelled"}, SHAPE),
    "an empty status": (RUNNING_ROW | {"status": ""}, SHAPE),
    "a status in capitals": (RUNNING_ROW | {"status": "RUNNING"}, SHAPE),
    "an unknown source": (RUNNING_ROW | {"source": "mail"}, SOURCE),
    "an empty source": (RUNNING_ROW | {"source": ""}, SOURCE),
    "negative latency": (FAILED_ROW | {"latency_ms": -1}, "latency_ms"),
    **{
        f"no {column}": (COMPLETED_ROW | {column: None}, column)
        for column in ("status", "source", "submitter", "started_at", "policy_line_ids", "input_fingerprint")
    },
}
NO_EVIDENCE = {"null": JSON_NULL, "an object": {}, "an empty text": "", "a number": 0, "a text": "P-7"}


@pytest.mark.parametrize("row", RIGHT.values(), ids=RIGHT.keys())
def test_a_row_in_the_shape_of_its_status_is_accepted(row: dict[str, Any]) -> None:
    trace = insert(row)

    assert stored(trace).items() >= row.items()


@pytest.mark.parametrize(("row", "constraint"), WRONG.values(), ids=WRONG.keys())
def test_a_row_in_another_shape_is_refused(row: dict[str, Any], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        insert(row)

    assert not TraceRecord.objects.exists()


@pytest.mark.parametrize("evidence", NO_EVIDENCE.values(), ids=NO_EVIDENCE.keys())
def test_evidence_that_is_no_list_of_lines_is_refused(evidence: object) -> None:
    with pytest.raises(IntegrityError, match=SHAPE), transaction.atomic():
        insert(COMPLETED_ROW | {"policy_line_ids": evidence})

    assert not TraceRecord.objects.exists()


@pytest.mark.parametrize("change", [{"decision": "eligible"}, {"error_code": "made_up"}, {"status": "completed"}])
def test_an_update_into_another_shape_is_refused(change: dict[str, str]) -> None:
    trace = insert(RUNNING_ROW)

    with pytest.raises(IntegrityError, match=SHAPE), transaction.atomic():
        TraceRecord.objects.filter(pk=trace.pk).update(**change)

    assert stored(trace)["status"] == Status.RUNNING


def test_of_all_shapes_the_database_takes_the_right_ones_alone() -> None:
    """Try every mix of present and absent: in SQL a NULL can make a whole CHECK pass."""
    mixes = list(product([*Status.values, "odd"], *([False, True],) * 4, [None, *CODES], [None, "window_conflict"]))

    taken = {mix for mix in mixes if takes(*mix)}

    assert taken == {mix for mix in mixes if is_right(*mix)}
    assert 0 < len(taken) < len(mixes)


CODES = ("provider_timeout", "invalid_decision", "made_up")


def takes(
    status: str, decided: bool, cited: bool, finished: bool, known: bool, code: str | None, reason: str | None
) -> bool:
    row = RUNNING_ROW | {
        "status": status,
        "decision": "eligible" if decided else None,
        "policy_line_ids": ["P-7"] if cited else [],
        "finished_at": LATER if finished else None,
        "error_code": code,
        "error_reason": reason,
        **({} if known else NO_FACTS),
    }
    try:
        with transaction.atomic():
            insert(row)
    except IntegrityError:
        return False
    return True


def is_right(
    status: str, decided: bool, cited: bool, finished: bool, known: bool, code: str | None, reason: str | None
) -> bool:
    if status == "completed":
        return decided and cited and finished and known and not code and not reason
    if decided or cited or status == "odd":
        return False
    if status == "running":
        return not finished and not code and not reason
    return (
        finished and code in {"provider_timeout", "invalid_decision"} and (code == "invalid_decision") == bool(reason)
    )
