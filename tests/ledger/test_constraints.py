"""The database itself refuses a row whose columns do not fit its status, or its workflow."""

from contextlib import AbstractContextManager, ExitStack
from itertools import product

import pytest
from django.db import IntegrityError, transaction
from django.db.models import JSONField, Value

from rotation.guards import REFUSAL as UNPROVEN
from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW, LATER, RUNNING_ROW, insert, stored
from traces.codes import NOT_A_MEMBER, ErrorCode, Source, Status
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db

SHAPE = "traces_row_has_the_shape_of_its_status"
REASON = "traces_reason_goes_with_invalid_decision"
SOURCE = "traces_source_is_known"
INVALID_ROW = FAILED_ROW | {"error_code": ErrorCode.INVALID_DECISION, "error_reason": "window_conflict"}
STRANGERS_ROW = FAILED_ROW | {"error_code": ErrorCode.ACCOUNT_UNKNOWN, "error_reason": NOT_A_MEMBER}
NO_FACTS = dict.fromkeys(("credential_label", "credential_kind", "credential_state", "credential_age_days"))
OTHER = NO_FACTS | {"workflow": "thanks", "account_id": None, "policy_line_ids": []}

RIGHT = {
    "running": RUNNING_ROW,
    "running without facts": RUNNING_ROW | NO_FACTS,
    "completed": COMPLETED_ROW,
    "completed at age 0": COMPLETED_ROW | {"credential_age_days": 0},
    "completed without a label": COMPLETED_ROW | {"credential_label": None},
    "completed without records": COMPLETED_ROW | OTHER,
    "failed": FAILED_ROW,
    "failed without facts": FAILED_ROW | NO_FACTS,
    "failed without latency": FAILED_ROW | {"latency_ms": None},
    "failed as invalid, with its reason": INVALID_ROW,
    "failed as unknown, for no member": STRANGERS_ROW,
    **{f"from {source}": RUNNING_ROW | {"source": source} for source in Source.values},
    **{f"failed as {code}": FAILED_ROW | {"error_code": code} for code in {*ErrorCode} - {ErrorCode.INVALID_DECISION}},
}
WRONG = {
    "running with a decision": (RUNNING_ROW | {"decision": "eligible"}, SHAPE),
    "running with finished_at": (RUNNING_ROW | {"finished_at": LATER}, SHAPE),
    "running with an error code": (RUNNING_ROW | {"error_code": ErrorCode.INTERRUPTED}, SHAPE),
    "running with evidence": (RUNNING_ROW | {"policy_line_ids": ["P-7"]}, SHAPE),
    "running with latency": (RUNNING_ROW | {"latency_ms": 0}, SHAPE),
    "running with a reason": (RUNNING_ROW | {"error_reason": "window_conflict"}, REASON),
    "completed without a decision": (COMPLETED_ROW | {"decision": None}, SHAPE),
    "completed without evidence": (COMPLETED_ROW | {"policy_line_ids": []}, UNPROVEN),
    "completed without age": (COMPLETED_ROW | {"credential_age_days": None}, UNPROVEN),
    "completed without kind": (COMPLETED_ROW | {"credential_kind": None}, UNPROVEN),
    "completed without state": (COMPLETED_ROW | {"credential_state": None}, UNPROVEN),
    "completed without any facts": (COMPLETED_ROW | NO_FACTS, UNPROVEN),
    "completed without records or decision": (COMPLETED_ROW | OTHER | {"decision": None}, SHAPE),
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
    "no member with another code": (STRANGERS_ROW | {"error_code": ErrorCode.CREDENTIAL_AMBIGUOUS}, REASON),
    "no member without a code": (STRANGERS_ROW | {"error_code": None}, f"{SHAPE}|{REASON}"),
    "unknown with another reason": (STRANGERS_ROW | {"error_reason": "window_conflict"}, REASON),
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
NO_EVIDENCE: tuple[object, ...] = (Value(None, JSONField()), {}, "", 0, "P-7")
CODES = ("provider_timeout", "invalid_decision", "made_up")
# Status, whether it has a decision, evidence, an end and facts, error code, reason.
Mix = tuple[str, bool, bool, bool, bool, str | None, str | None]


def refused(constraint: str) -> AbstractContextManager[object]:
    both = ExitStack()
    both.enter_context(pytest.raises(IntegrityError, match=constraint))
    both.enter_context(transaction.atomic())
    return both


def test_a_row_in_the_shape_of_its_status_is_accepted() -> None:
    for name, row in RIGHT.items():
        assert stored(insert(row)).items() >= row.items(), name


def test_a_row_in_another_shape_is_refused(subtests: pytest.Subtests) -> None:
    for name, (row, constraint) in WRONG.items():
        with subtests.test(name), refused(constraint):
            insert(row)

    assert not TraceRecord.objects.exists()


@pytest.mark.parametrize(("workflow", "constraint"), [("rotation", UNPROVEN), ("thanks", SHAPE)])
def test_evidence_that_is_no_list_is_refused(workflow: str, constraint: str, subtests: pytest.Subtests) -> None:
    for evidence in NO_EVIDENCE:
        with subtests.test(repr(evidence)), refused(constraint):
            insert(COMPLETED_ROW | {"workflow": workflow, "policy_line_ids": evidence})


def test_an_update_into_another_shape_is_refused() -> None:
    trace = insert(RUNNING_ROW)

    for change in ({"decision": "eligible"}, {"error_code": "made_up"}, {"status": "completed"}):
        with refused(f"{SHAPE}|{UNPROVEN}"):
            TraceRecord.objects.filter(pk=trace.pk).update(**change)

    assert stored(trace)["status"] == Status.RUNNING


@pytest.mark.parametrize("workflow", ["rotation", "thanks"])
def test_of_all_shapes_the_database_accepts_only_the_right_ones(workflow: str) -> None:
    """Try every mix of present and absent: in SQL a NULL can make a whole CHECK pass."""
    mixes: list[Mix] = list(
        product([*Status.values, "odd"], *([False, True],) * 4, [None, *CODES], [None, "window_conflict"])
    )

    accepted = {mix for mix in mixes if accepts(workflow, mix)}

    assert accepted == {mix for mix in mixes if is_right(workflow, mix)}
    assert 0 < len(accepted) < len(mixes)


def accepts(workflow: str, mix: Mix) -> bool:
    status, decided, cited, finished, known, code, reason = mix
    row = RUNNING_ROW | {
        "workflow": workflow,
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


def is_right(workflow: str, mix: Mix) -> bool:
    status, decided, cited, finished, known, code, reason = mix
    if status == "completed":
        proven = workflow != "rotation" or (cited and known)
        return decided and proven and finished and not code and not reason
    if decided or cited or status == "odd":
        return False
    if status == "running":
        return not finished and not code and not reason
    return finished and code in CODES[:2] and (code == "invalid_decision") == bool(reason)
