"""The shapes of the JSON face, generated from the models that judge it, with an example of each."""

from typing import Any

from pydantic import TypeAdapter

from access.problems import PROBLEMS, problem_type
from access.refusals import FieldError
from rotation.contract import Decision, DecisionResponse, RotationReport
from traces.codes import ErrorCode, Status
from traces.entries import LineId, TraceId

Part = dict[str, Any]

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
    "error": str(ErrorCode.PROVIDER_TIMEOUT.label),
}
INVALID = {
    "type": "urn:problem-type:invalid-body",
    "title": "Unprocessable Content",
    "status": 422,
    "detail": "Correct the fields named in errors.",
    "errors": [
        {"field": "credential_report", "code": "too_short", "message": "Write at least 10 characters."},
    ],
}


def rotation_report() -> Part:
    return RotationReport.model_json_schema() | {"examples": [REPORT]}


def decision_response() -> Part:
    """Tighten the model's own schema to the closed sets, and to what each status goes with."""
    schema = DecisionResponse.model_json_schema(mode="serialization")
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
    return schema | {"examples": [COMPLETED, FAILED]}


def problem() -> Part:
    types = sorted({problem_type(problem.code) for problem in PROBLEMS})
    members = {
        "type": {"enum": types},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "minItems": 1, "items": schema_of(FieldError)},
        "trace_id": schema_of(TraceId),
        "trace_url": {"type": "string"},
    }
    return {
        "description": "RFC 9457. It never repeats what was sent.",
        "type": "object",
        "properties": members,
        "required": ["type", "title", "status", "detail"],
        "additionalProperties": False,
        "examples": [INVALID],
    }


def schema_of(shape: Any) -> Part:  # noqa: ANN401 - an annotated type is no class
    schema: Part = TypeAdapter(shape).json_schema()
    return schema
