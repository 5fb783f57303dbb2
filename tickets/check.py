"""
The check: compare what a model proposed with the customer's text. Free of Django.

It cannot prove that the category is right and that nothing is left out. That part stays with the model.
"""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import ValidationError

from boundary.strict_json import parse_strict_json
from decisions.contract import ClosedFields
from decisions.quotes import is_evidence
from decisions.wrapped import is_wrapped
from tickets.contract import (
    AnswerV1,
    AnswerV2,
    Category,
    ClosedAnswerV1,
    ClosedAnswerV2,
    ExtractedTicket,
    Priority,
    TicketReport,
)
from tickets.grounding import ungrounded
from tickets.lines import is_one_line
from tickets.personal_data import holds_personal_data
from tickets.policy import Priorities
from tickets.scripts import language_conflict


class Reason(StrEnum):
    """Why an answer was refused, in the order of the rules."""

    WRAPPED_ANSWER = "wrapped_answer"
    MALFORMED_TICKET = "malformed_ticket"
    PERSONAL_DATA = "personal_data"
    UNGROUNDED_DETAIL = "ungrounded_detail"
    LANGUAGE_CONFLICT = "language_conflict"
    UNSUPPORTED_QUOTE = "unsupported_quote"
    INCONSISTENT_TICKET = "inconsistent_ticket"


@dataclass(frozen=True)
class Supported:
    ticket: ExtractedTicket


@dataclass(frozen=True)
class Unsupported:
    reason: Reason


Verdict = Supported | Unsupported


def check_answer(
    answer: str, report: TicketReport, priorities: Priorities, *, shape: type[AnswerV1] | type[AnswerV2]
) -> tuple[Verdict, ClosedFields | None]:
    """
    Judge a model's raw JSON text. An invalid answer is never repaired.

    `Reason` lists the rules in their order; the first that fails names the reason. `shape` is the answer that the
    prompt asked for. A malformed answer has no closed fields.
    """
    try:
        parsed: AnswerV1 | AnswerV2 = parse_strict_json(answer, shape)
    except ValidationError:
        wrapped = is_wrapped(answer, shape)
        return Unsupported(Reason.WRAPPED_ANSWER if wrapped else Reason.MALFORMED_TICKET), None
    fault = summary_fault(parsed.summary, report.text)
    if fault is Reason.MALFORMED_TICKET:
        return Unsupported(fault), None
    if fault is None and isinstance(parsed, AnswerV2):
        fault = _evidence_fault(parsed, report.shown_text)
    return Unsupported(fault) if fault else Supported(_ticket(parsed, priorities)), _closed_fields(parsed)


def summary_fault(summary: str, text: str) -> Reason | None:
    """Judge a summary by the customer's text. Every version of an answer has one."""
    if not is_one_line(summary):
        return Reason.MALFORMED_TICKET
    if holds_personal_data(summary):
        return Reason.PERSONAL_DATA
    if ungrounded(summary, text):
        return Reason.UNGROUNDED_DETAIL
    if language_conflict(summary, text):
        return Reason.LANGUAGE_CONFLICT
    return None


def _evidence_fault(answer: AnswerV2, text: str) -> Reason | None:
    """Compare the answer with what the model itself says that it read."""
    if not all(is_evidence(quote, text) for quote in answer.quotes):
        return Reason.UNSUPPORTED_QUOTE
    if answer.instructs_reader and answer.category is not Category.GENERAL:
        return Reason.INCONSISTENT_TICKET
    return None


def _ticket(answer: AnswerV1 | AnswerV2, priorities: Priorities) -> ExtractedTicket:
    return ExtractedTicket(category=answer.category, priority=_priority(answer, priorities), summary=answer.summary)


def _priority(answer: AnswerV1 | AnswerV2, priorities: Priorities) -> Priority:
    if isinstance(answer, AnswerV1):
        return answer.priority
    if answer.instructs_reader:
        return priorities.of_instructions
    return priorities.matrix[answer.impact, answer.urgency]


def _closed_fields(answer: AnswerV1 | AnswerV2) -> ClosedFields:
    closed = ClosedAnswerV1 if isinstance(answer, AnswerV1) else ClosedAnswerV2
    return answer.model_dump(mode="json", include=set(closed.model_fields))
