"""Judge stored decisions again: would each still hold against the facts stored with it? No model is asked."""

from datetime import UTC, date, datetime, time
from typing import cast

from django.db.models import QuerySet

from rotation.check import Unsupported, check_facts
from rotation.contract import CredentialFacts, CredentialKind, CredentialState, Decision
from rotation.policy import PolicyLine
from rotation.service import WORKFLOW
from traces.codes import Status
from traces.models import TraceRecord

# The row holds a word that our contract does not know any more.
UNREADABLE = "unreadable_row"


def stored_decisions(since: date | None) -> QuerySet[TraceRecord]:
    """Find the completed decisions of this workflow, from this day in UTC on, oldest first."""
    decisions = TraceRecord.objects.filter(workflow=WORKFLOW, status=Status.COMPLETED)
    if since:
        decisions = decisions.filter(started_at__gte=datetime.combine(since, time.min, UTC))
    return decisions.order_by("started_at")


def objection(trace: TraceRecord, decision: str | None, policy: PolicyLine) -> str | None:
    """Say why this decision, the row's own or another, would be refused on the row's facts; None if it holds."""
    try:
        judged, facts = Decision(decision or ""), _stored_facts(trace)
    except ValueError:
        return UNREADABLE
    verdict = check_facts(judged, trace.policy_line_ids, facts, policy)
    return verdict.reason if isinstance(verdict, Unsupported) else None


def _stored_facts(trace: TraceRecord) -> CredentialFacts:
    """:raises ValueError:"""
    return CredentialFacts(
        label=trace.credential_label or "",
        kind=CredentialKind(trace.credential_kind or ""),
        state=CredentialState(trace.credential_state or ""),
        # The database requires it of a completed row.
        age_days=cast("int", trace.credential_age_days),
    )
