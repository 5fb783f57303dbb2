"""The words of a row's own workflow, for operators. A slug that has no words in this release is shown as it is."""

from decisions.registry import find_workflow
from decisions.sentences import sentence_of
from decisions.stored import UnreadableRow, answer_of, facts_of
from decisions.workflow import Line
from traces.codes import NOT_A_MEMBER
from traces.models import TraceRecord
from traces.reviews import Review

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
