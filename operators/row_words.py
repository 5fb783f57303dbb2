"""The words of a row's own workflow, for operators. A slug that has no words in this release is shown as it is."""

from typing import Protocol

from decisions.registry import find_workflow
from decisions.sentences import sentence_of
from decisions.stored import UnreadableRow, answer_of, facts_of
from decisions.workflow import Line
from traces.codes import BEFORE_ASKING, NOT_A_MEMBER, ErrorCode
from traces.models import TraceRecord
from traces.reviews import Review


class Timed(Protocol):
    """A row, or what is read of one."""

    @property
    def latency_ms(self) -> int | None: ...
    @property
    def provider_ms(self) -> int | None: ...
    @property
    def error_code(self) -> str | None: ...


NOT_REGISTERED = "not known: the workflow is not registered"


def describe_facts(trace: TraceRecord) -> tuple[Line, ...]:
    if trace.error_reason == NOT_A_MEMBER:
        return (("Facts", "not looked up: the submitter is not a member"),)
    workflow = find_workflow(trace.workflow)
    if workflow is None:
        return (("Facts", NOT_REGISTERED),)
    try:
        return workflow.describe_facts(facts_of(trace))
    except UnreadableRow:
        return (("Facts", "hold a value that this release does not know"),)


def own_ms(row: Timed) -> int | None:
    """
    Return what the provider did not take of a row's time, None if that is not known.

    The rules have no time of their own. A failure without a provider's time may have ended while the provider was
    working, unless there was no call or an answer.
    """
    is_ours = row.error_code in {None, ErrorCode.INVALID_DECISION, *BEFORE_ASKING}
    if row.latency_ms is None or (row.provider_ms is None and not is_ours):
        return None
    # Both numbers are rounded, so the difference may be less than nothing.
    return max(0, row.latency_ms - (row.provider_ms or 0))


def describe_answer(trace: TraceRecord) -> str:
    """Return the closed fields of the model's answer, also of one that the check refused."""
    try:
        answer = answer_of(trace)
    except UnreadableRow:
        return "holds a value that this release does not know"
    return ", ".join(f"{name}: {value}" for name, value in answer)


def sentence_for_sender(trace: TraceRecord) -> str:
    workflow = find_workflow(trace.workflow)
    return (sentence_of(workflow, trace) or "none") if workflow else NOT_REGISTERED


def why_refused(trace: TraceRecord) -> str | None:
    """Return the sentence of the reason for which the check refused the answer, if there is one."""
    workflow = find_workflow(trace.workflow)
    return workflow.reasons.get(trace.error_reason or "") if workflow else None


def review_sentences(review: Review) -> tuple[str, str]:
    """Return those of the outcome and of the reason."""
    workflow = find_workflow(review.trace.workflow)
    words = workflow and workflow.review
    if not words:
        return review.outcome, review.reason
    return words.outcomes.get(review.outcome, review.outcome), words.reasons.get(review.reason, review.reason)
