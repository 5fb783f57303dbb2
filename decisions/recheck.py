"""Judge stored decisions again by the facts that are stored with them. No model is asked."""

from datetime import UTC, date, datetime, time

from django.db.models import QuerySet

from decisions.stored import UnreadableRow, facts_of
from decisions.workflow import Workflow
from traces.codes import Status
from traces.models import TraceRecord

UNREADABLE = "unreadable_row"


def stored_decisions(workflow: Workflow, since: date | None) -> QuerySet[TraceRecord]:
    """Find the completed decisions of a workflow, from this day in UTC on, oldest first."""
    decisions = TraceRecord.objects.filter(workflow=workflow.name, status=Status.COMPLETED)
    if since:
        decisions = decisions.filter(started_at__gte=datetime.combine(since, time.min, UTC))
    return decisions.order_by("started_at")


def objection(workflow: Workflow, trace: TraceRecord, decision: str | None) -> str | None:
    """Return the reason why this decision would be refused on the row's facts, None if it holds or has no replay."""
    if workflow.recheck is None:
        return None
    try:
        facts = facts_of(trace)
        # A completed row always has facts, unless it was written around the triggers.
        return UNREADABLE if facts is None else workflow.recheck(decision or "", tuple(trace.policy_line_ids), facts)
    except (UnreadableRow, ValueError):
        return UNREADABLE
