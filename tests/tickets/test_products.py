"""A ticket is written with the update that closes its trace: both or neither, on both databases."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection
from django.utils import timezone

from decisions.decide import LedgerUnavailable, decide
from decisions.workflow import Workflow
from tests.conformance.conftest import Scripted, Site
from tests.crowds import all_at_once
from tests.tickets.conftest import TEXT
from tickets.contract import ExtractedTicket, TicketReport
from tickets.models import Ticket
from tickets.products import PRODUCTS, keep
from tickets.workflow import TICKETS
from traces.codes import Source, Status
from traces.entries import Submission
from traces.models import TraceRecord

Extract = Callable[..., dict[str, Any]]
SUBMISSION = Submission(source=Source.API, submitter="open")


def decided(workflow: Workflow, provider: Scripted) -> TraceRecord:
    report = TicketReport(text=TEXT)
    facts = workflow.facts()
    return decide(workflow, report, provider=provider, find_facts=lambda _now: facts, submission=SUBMISSION)


def keeping(keeper: Callable[[str, ExtractedTicket, datetime], None]) -> Workflow:
    return replace(TICKETS, products=replace(PRODUCTS, keep=keeper))


def keep_twice(trace_id: str, ticket: ExtractedTicket, at: datetime) -> None:
    keep(trace_id, ticket, at)
    keep(trace_id, ticket, at)


def test_completed_trace_has_its_ticket(site: Site, extract: Extract) -> None:
    body = extract()

    kept, trace = Ticket.objects.get(), TraceRecord.objects.get()
    assert body["ticket"] == {"category": kept.category, "priority": kept.priority, "summary": kept.summary}
    assert (kept.trace_id, kept.created_at, kept.category) == (trace.trace_id, trace.finished_at, trace.decision)


def test_refused_answer_leaves_no_ticket(site: Site, extract: Extract) -> None:
    site.provider.says = "{}"

    assert extract()["status"] == "failed"
    assert not Ticket.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_ticket_that_cannot_be_kept_leaves_no_completed_trace(site: Site) -> None:
    with pytest.raises(LedgerUnavailable):
        decided(keeping(keep_twice), site.provider)

    trace = TraceRecord.objects.get()
    assert (trace.status, trace.decision, Ticket.objects.count()) == (Status.RUNNING, None, 0)
    later = trace.started_at + timedelta(hours=1)
    assert TraceRecord.objects.read(trace.trace_id, at=later).error_code == "interrupted"


@pytest.mark.django_db(transaction=True)
def test_fault_of_one_ticket_undoes_no_other_in_the_shared_commit(site: Site) -> None:
    workflows = [keeping(keep_twice) if number % 3 == 0 else TICKETS for number in range(12)]

    def run(number: int) -> str:
        try:
            return decided(workflows[number], site.provider).status
        except LedgerUnavailable:
            return "unavailable"

    outcomes = all_at_once(run, threads=12)

    assert outcomes == ["unavailable" if number % 3 == 0 else "completed" for number in range(12)]
    completed = TraceRecord.objects.filter(status=Status.COMPLETED)
    assert set(completed.values_list("pk", flat=True)) == set(Ticket.objects.values_list("pk", flat=True))
    assert (completed.count(), TraceRecord.objects.filter(status=Status.RUNNING).count()) == (8, 4)


def test_row_that_was_closed_meanwhile_gets_no_ticket(site: Site, extract: Extract) -> None:
    later = timezone.now() + timedelta(hours=1)
    site.provider.meanwhile = lambda: TraceRecord.objects.close_interrupted(at=later)

    body = extract()

    assert (body["status"], body["error_code"], Ticket.objects.count()) == ("failed", "interrupted", 0)


def test_ticket_is_final(site: Site, extract: Extract) -> None:
    extract()

    with pytest.raises((IntegrityError, DatabaseError), match="final"), connection.cursor() as cursor:
        cursor.execute("UPDATE tickets_ticket SET priority = 'low'")
