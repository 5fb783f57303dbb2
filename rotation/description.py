"""The OpenAPI description of rotation decisions."""

from typing import Any

from decisions.openapi import schema_of
from decisions.workflow import Description
from rotation.contract import Decision, DecisionResponse
from rotation.words import SENTENCES
from traces.codes import ErrorCode, Status
from traces.entries import LineId, TraceId

REPORT = {
    "account_id": "acct_10234",
    "credential_report": "Service-account key is older than policy and marked stale.",
}
COMPLETED = {
    "trace_id": "trace_01234567890123456789abcdef",
    "status": "completed",
    "decision": "eligible",
    "source_line_ids": ["P-7"],
    "error_code": None,
    "error": None,
}
FAILED = COMPLETED | {
    "status": "failed",
    "decision": None,
    "source_line_ids": [],
    "error_code": ErrorCode.PROVIDER_TIMEOUT.value,
    "error": SENTENCES[ErrorCode.PROVIDER_TIMEOUT],
}


def narrow_response(schema: dict[str, Any]) -> None:
    """Narrow the schema to the closed sets, and to the keys that each status fills."""
    schema["properties"] |= {
        "trace_id": schema_of(TraceId),
        "decision": {"enum": [*Decision, None]},
        "source_line_ids": {"type": "array", "items": schema_of(LineId)},
        "error_code": {"enum": [*ErrorCode.values, None]},
    }
    null, none = {"type": "null"}, {"maxItems": 0}
    undecided = {"decision": null, "source_line_ids": none}
    unfailed = {"error_code": null, "error": null}
    decided = {"decision": {"type": "string"}, "source_line_ids": {"minItems": 1}}
    failed = {"error_code": {"type": "string"}, "error": {"type": "string"}}
    schema["oneOf"] = [
        {"properties": {"status": {"const": Status.RUNNING.value}, **undecided, **unfailed}},
        {"properties": {"status": {"const": Status.COMPLETED.value}, **decided, **unfailed}},
        {"properties": {"status": {"const": Status.FAILED.value}, **undecided, **failed}},
    ]


DESCRIPTION = Description(
    summary="Whether policy line P-7 supports rotating a credential. Nothing is rotated here.",
    report_example=REPORT,
    response=DecisionResponse,
    response_examples=(COMPLETED, FAILED),
    narrow_response=narrow_response,
    operation_ids=("decide", "result"),
)
