"""What became of the records behind earlier decisions. Of a large ledger, a bounded part is looked at."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from decisions.registry import find_workflow, workflows
from decisions.workflow import FollowUp
from traces.codes import Source
from traces.models import TraceRecord

LOOKS_BACK = timedelta(days=180)
# Looking at so many takes 75 ms on SQLite, in a ledger of a million rows.
MOST_DECISIONS = 5_000


def follow_ups() -> dict[str, FollowUp]:
    """Return the follow-ups of the registered workflows, by the workflow's name."""
    return {each.name: each.follow_up for each in workflows() if each.follow_up}


def unmoved(follow_up: FollowUp, traces: QuerySet[TraceRecord], *, at: datetime) -> QuerySet[Any]:
    """Keep the customers' decisions for which nothing has happened, among the latest that are old enough."""
    oldest, newest = at - LOOKS_BACK, at - timedelta(days=follow_up.after_days)
    # An index alone holds what is asked for here.
    decided = TraceRecord.objects.filter(decision=follow_up.decision, started_at__gte=oldest, started_at__lt=newest)
    latest = decided.exclude(source=Source.EVAL).order_by("-started_at")[:MOST_DECISIONS]
    return follow_up.look(traces.filter(pk__in=latest.values("pk"))).filter(became=follow_up.unmoved)


def what_became(trace: TraceRecord) -> tuple[str, datetime | None] | None:
    """Return what the record says now, and when its source last said so. None for a trace that is not followed."""
    workflow = find_workflow(trace.workflow)
    follow_up = workflow.follow_up if workflow else None
    if follow_up is None or trace.decision != follow_up.decision or trace.source == Source.EVAL:
        return None
    [(became, observed_at)] = follow_up.look(TraceRecord.objects.filter(pk=trace.pk)).values_list(
        "became", "observed_at"
    )
    return follow_up.outcomes[became], observed_at
