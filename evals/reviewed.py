"""A text that its holder pastes, whose trace a person has reviewed, as a labelled case of its workflow."""

import json

from django.conf import settings

from decisions.registry import find_workflow
from decisions.stored import UnreadableRow, facts_of
from evals.cases import read_case
from evals.suites import SuiteError
from traces.models import TraceRecord
from traces.reviews import Review

LONGEST_WHY = 300


def latest_review(text: str) -> tuple[Review, bool]:
    """
    Return the latest review of any trace that has this text, and whether the latest one of another trace differs.

    :raises SuiteError: there is none
    """
    found = TraceRecord.objects.with_report(text, settings.FINGERPRINT_KEYS)
    reviews = Review.objects.filter(trace__in=found).select_related("trace").order_by("-reviewed_at", "-number", "-pk")
    by_trace: dict[str, Review] = {}
    for review in reviews:
        by_trace.setdefault(review.trace_id, review)
    if not by_trace:
        raise SuiteError("No trace of this report was reviewed." if found.exists() else "No trace has this report.")
    latest, *others = by_trace.values()
    return latest, any(review.outcome != latest.outcome for review in others)


def case_line(review: Review, text: str) -> str:
    """
    Return the case as a line of a suite, for tuning. The label follows from the outcome, the facts are the trace's own.

    :raises SuiteError: no case of its workflow can be made of it
    """
    trace, workflow = review.trace, find_workflow(review.trace.workflow)
    words, suite = (workflow.review, workflow.suite) if workflow else (None, None)
    decision = words.labels.get(review.outcome) if words else None
    if not (words and suite and suite.label_review and decision):
        raise SuiteError(f"{trace.pk}: its workflow makes no case of this outcome.")
    try:
        facts = facts_of(trace)
    except UnreadableRow:
        facts = None
    if facts is None:
        raise SuiteError(f"{trace.pk}: its facts cannot be read.")
    case = {
        "name": f"reviewed-{trace.pk.rpartition('_')[2]}",
        **suite.label_review(trace.account_id, text, facts, decision),
        "tags": ["reviewed"],
        "split": "dev",
        "why": f"{words.outcomes[review.outcome]} {words.reasons.get(review.reason, '')}".strip()[:LONGEST_WHY],
    }
    line = json.dumps(case, ensure_ascii=False)
    read_case(line.encode(), suite.case, where=trace.pk)
    return line
