"""The list of tickets, for those who work on them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from decisions.decide import decide
from tests.conformance.conftest import Site
from tests.ledger.rows import COMPLETED_ROW, insert
from tests.tickets.conftest import TEXT
from tickets.contract import TicketReport
from tickets.models import Ticket
from tickets.workflow import TICKETS
from traces.codes import Source
from traces.entries import Submission
from traces.identifiers import new_trace_id
from traces.models import TraceRecord

Extract = Callable[..., dict[str, Any]]
LIST = "/admin/tickets/ticket/"


def kept(priority: str, *, minutes_ago: int) -> str:
    at = timezone.now() - timedelta(minutes=minutes_ago)
    trace_id = new_trace_id()
    insert(COMPLETED_ROW | {"trace_id": trace_id, "workflow": "tickets", "started_at": at, "finished_at": at})
    values = {"category": "order", "priority": priority, "summary": f"{priority}, {minutes_ago} minutes old."}
    return str(Ticket.objects.create(trace_id=trace_id, created_at=at, **values).summary)


def test_most_urgent_and_then_oldest_ticket_is_first(admin_client: Client) -> None:
    made = [kept("high", minutes_ago=1), kept("low", minutes_ago=99), kept("urgent", minutes_ago=5)]
    made += [kept("urgent", minutes_ago=50), kept("medium", minutes_ago=70)]

    page = admin_client.get(LIST).text

    expected = [made[3], made[2], made[0], made[4], made[1]]
    assert sorted(made, key=page.index) == expected


def test_ticket_is_found_by_its_task_id_and_not_changed(site: Site, extract: Extract, admin_client: Client) -> None:
    task_id = extract()["task_id"]
    extract()
    trace_id = f"trace_{task_id[5:]}"

    found = [admin_client.get(LIST, {"q": each}).text for each in (trace_id, f"See {task_id.upper()}.", "nothing")]
    page = admin_client.get(f"{LIST}{trace_id}/change/").text

    assert [text.count('class="field-task_id"') for text in found] == [1, 1, 0]
    assert task_id in found[0]
    assert 'name="_save"' not in page
    assert str(Ticket.objects.get(pk=trace_id)) == trace_id


def test_tickets_of_evals_are_not_listed_even_when_their_traces_are_gone(site: Site, admin_client: Client) -> None:
    facts = TICKETS.facts()
    submission = Submission(source=Source.EVAL, submitter="eval")
    report = TicketReport(text=TEXT)
    decide(TICKETS, report, provider=site.provider, find_facts=lambda _: facts, submission=submission)

    assert "0 tickets" in admin_client.get(LIST).text
    TraceRecord.objects.all().delete()
    assert Ticket.objects.exists()
    assert "0 tickets" in admin_client.get(LIST).text
