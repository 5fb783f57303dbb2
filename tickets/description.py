"""The OpenAPI description of tickets."""

from typing import Any

from decisions.openapi import id_schema
from decisions.workflow import Description
from tickets.contract import Category, Priority, TicketResponse
from tickets.words import SENTENCES
from traces.codes import ErrorCode, Status

REPORT = {"text": "Customer paid twice for order A-102 and wants a refund."}
COMPLETED = {
    "task_id": "task_01234567890123456789abcdef",
    "status": "completed",
    "ticket": {
        "category": Category.BILLING.value,
        "priority": Priority.HIGH.value,
        "summary": "Customer paid twice for order A-102 and wants a refund.",
    },
    "error_code": None,
    "error": None,
}
FAILED = COMPLETED | {
    "status": "failed",
    "ticket": None,
    "error_code": ErrorCode.PROVIDER_TIMEOUT.value,
    "error": SENTENCES[ErrorCode.PROVIDER_TIMEOUT],
}


def narrow_response(schema: dict[str, Any]) -> None:
    """Narrow the schema to the closed sets, and to the keys that each status fills."""
    schema["properties"] |= {
        "task_id": id_schema("task"),
        "error_code": {"enum": [*ErrorCode.values, None]},
    }
    null, text = {"type": "null"}, {"type": "string"}
    unfailed = {"error_code": null, "error": null}
    schema["oneOf"] = [
        {"properties": {"status": {"const": Status.RUNNING.value}, "ticket": null, **unfailed}},
        {"properties": {"status": {"const": Status.COMPLETED.value}, "ticket": {"type": "object"}, **unfailed}},
        {"properties": {"status": {"const": Status.FAILED.value}, "ticket": null, "error_code": text, "error": text}},
    ]


DESCRIPTION = Description(
    summary="Category, priority and summary of a support request.",
    report_example=REPORT,
    response=TicketResponse,
    response_examples=(COMPLETED, FAILED),
    narrow_response=narrow_response,
    operation_ids=("extract_ticket", "read_ticket"),
)
