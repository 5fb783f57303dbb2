"""Insert, find and erase tickets, and say why one is gone. The model is loaded after the workflow."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.db.models import Manager
from django.template.defaultfilters import pluralize
from django.utils import timezone

from decisions.workflow import Products
from tickets.contract import Category, ExtractedTicket, Priority

if TYPE_CHECKING:
    from tickets.models import Ticket
    from traces.models import TraceRecord


def retention_days() -> int:
    # mypy does not know the variables of workflows, because settings take them from the registered ones.
    days: int = settings.TICKET_RETENTION_DAYS  # type: ignore[misc]
    return days


def keep(trace_id: str, ticket: ExtractedTicket, at: datetime) -> None:
    _tickets().create(trace_id=trace_id, created_at=at, **ticket.model_dump(mode="json"))


def find(trace_id: str) -> ExtractedTicket | None:
    kept = _tickets().filter(pk=trace_id).first()
    if kept is None:
        return None
    return ExtractedTicket(category=Category(kept.category), priority=Priority(kept.priority), summary=kept.summary)


def gone(trace: "TraceRecord") -> str:
    made_at = trace.finished_at or trace.started_at
    made_on, days = f"{made_at:%-d %B %Y}", retention_days()
    if timezone.now() - made_at < timedelta(days=days):
        reason = f"The ticket that was made on {made_on} was deleted."
    else:
        reason = f"Tickets are kept {days} day{pluralize(days)}; this one was made on {made_on}."
    return f"{reason} Send the text again for a new one, with a fresh Idempotency-Key if you use one."


def erase(trace_id: str) -> bool:
    deleted, _ = _tickets().filter(pk=trace_id).delete()
    return deleted > 0


def oldest_at() -> datetime | None:
    return _tickets().order_by("created_at").values_list("created_at", flat=True).first()


def _tickets() -> "Manager[Ticket]":
    model: Any = apps.get_model("tickets", "Ticket")
    manager: Manager[Ticket] = model.objects
    return manager


PRODUCTS = Products(
    shape=ExtractedTicket,
    keep=keep,
    find=find,
    gone=gone,
    erase=erase,
    retention_days=retention_days,
    oldest_at=oldest_at,
)
