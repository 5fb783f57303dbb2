"""Answers in both shapes, and what the check makes of them."""

import json
from typing import Any

from hypothesis import HealthCheck, settings

from decisions.contract import ClosedFields
from tickets.check import Supported, Verdict, check_answer
from tickets.contract import AnswerV1, AnswerV2, TicketReport
from tickets.policy import PRIORITIES

Shape = type[AnswerV1] | type[AnswerV2]
# A slow machine is no failure.
at_any_speed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
TEXT = "Customer paid twice for order A-102 and wants a refund. Write to joe@example.com."
SUMMARY = "Customer paid twice for order A-102 and wants a refund."
V1 = {"category": "billing", "priority": "high", "summary": SUMMARY}
V2 = {
    "quotes": ["paid twice for order A-102"],
    "impact": "one",
    "urgency": "blocked",
    "instructs_reader": False,
    "category": "billing",
    "summary": SUMMARY,
}
SHAPES: tuple[tuple[Shape, dict[str, Any]], ...] = ((AnswerV1, V1), (AnswerV2, V2))


def check(
    fields: dict[str, Any] | str, text: str = TEXT, shape: Shape = AnswerV1
) -> tuple[Verdict, ClosedFields | None]:
    answer = fields if isinstance(fields, str) else json.dumps(fields)
    return check_answer(answer, TicketReport(text=text), PRIORITIES, shape=shape)


def verdict_of(summary: str, text: str = TEXT) -> str:
    """Return the reason that both versions give, or "supported"."""
    first, second = (check(fields | {"summary": summary}, text, shape)[0] for shape, fields in SHAPES)
    if isinstance(first, Supported):
        return "supported"
    assert first == second
    return first.reason


def evidence_of(text: str = TEXT, **changes: Any) -> Verdict:
    return check(V2 | changes, text, AnswerV2)[0]
