"""What every peer has: the shape of a report and of an answer, the question, and whom it asks."""

import os
from typing import Any, Literal

from pydantic import BaseModel, Field

from rotation.contract import CredentialFacts, CredentialKind, CredentialState
from rotation.prompt import ROTATION_DECISION_1

MODEL = "instant"
BASE_URL = os.environ["OPENAI_BASE_URL"]
# The one account that is asked about; no peer looks a record up, as we do.
SYSTEM = ROTATION_DECISION_1.system(
    CredentialFacts(
        label="invoice-sync", kind=CredentialKind.SERVICE_ACCOUNT_KEY, state=CredentialState.ACTIVE, age_days=12
    ),
)
FORMAT = {
    "type": "json_schema",
    "json_schema": {"name": "rotation_decision", "strict": True, "schema": dict(ROTATION_DECISION_1.schema)},
}


class Report(BaseModel):
    account_id: str = Field(pattern=r"^acct_[0-9]{5}$")
    credential_report: str = Field(min_length=10, max_length=500)
    item: str | None = Field(default=None, min_length=3, max_length=80)


class Answer(BaseModel):
    decision: Literal["eligible", "not_eligible", "needs_review"]
    rotation_window_days: int
    source_line_ids: list[str]


class Decision(BaseModel):
    trace_id: str
    status: str
    decision: str | None = None
    source_line_ids: list[str] = []
    error_code: str | None = None
    error: str | None = None


def messages(report: Report) -> Any:  # noqa: ANN401 - the SDK's type of it is a union of many
    return [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": f"<report>\n{report.credential_report}\n</report>"},
    ]


def request(report: Report) -> dict[str, Any]:
    """Give what `.parse` sends, for who sends it by hand."""
    return {"model": MODEL, "messages": messages(report), "response_format": FORMAT, "max_completion_tokens": 400}


def decided(trace_id: str, answer: Answer | None) -> Decision:
    """Check what there is to check."""
    if answer is None or answer.source_line_ids != ["P-7"] or answer.rotation_window_days != 30:
        return Decision(trace_id=trace_id, status="failed", error_code="invalid_decision", error="Retry safely.")
    return Decision(
        trace_id=trace_id, status="completed", decision=answer.decision, source_line_ids=answer.source_line_ids
    )
