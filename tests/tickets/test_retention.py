"""How long a ticket is kept, what is said afterwards, and what deletes it earlier."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests.conformance.conftest import Site
from tests.tickets.conftest import ANSWER
from tickets.models import Ticket
from tickets.products import gone
from traces.models import TraceRecord

Extract = Callable[..., dict[str, Any]]


def made_days_ago(days: int) -> Ticket:
    """Move the one ticket into the past, as a new row, because a ticket is final."""
    ticket = Ticket.objects.get()
    ticket.delete()
    ticket.created_at = timezone.now() - timedelta(days=days)
    ticket.save(force_insert=True)
    return ticket


def test_old_ticket_is_pruned_and_its_trace_stays(
    site: Site, extract: Extract, capsys: pytest.CaptureFixture[str]
) -> None:
    extract()
    made_days_ago(31)

    call_command("prune_tickets", "--dry-run")
    kept = Ticket.objects.count()
    call_command("prune_tickets")

    assert (kept, Ticket.objects.count(), TraceRecord.objects.count()) == (1, 0, 1)
    assert capsys.readouterr().out.splitlines() == [
        "Would delete 1 ticket older than 30 days.",
        "Deleted 1 ticket older than 30 days.",
    ]


def test_young_ticket_stays(site: Site, extract: Extract) -> None:
    extract()
    made_days_ago(29)

    call_command("prune_tickets", stdout=StringIO())

    assert Ticket.objects.count() == 1


def test_deleted_ticket_is_gone_on_both_interfaces_and_for_a_replay(site: Site, extract: Extract) -> None:
    body = extract(**{"Idempotency-Key": "a-key-of-mine"})
    address = site.result_address(TraceRecord.objects.get().trace_id)
    call_command("erase", body["task_id"])

    as_json = site.client.get(address)
    as_page = site.client.get(address, headers={"Accept": "text/html"})
    replayed = site.send(
        {"text": "Hello, I was charged 49.90 EUR twice for order A-102. Please refund one payment. Ana"},
        **{"Idempotency-Key": "a-key-of-mine"},
    )

    assert [each.status_code for each in (as_json, as_page, replayed)] == [410, 410, 410]
    made_on = f"{timezone.now():%-d %B %Y}"
    assert f"The ticket that was made on {made_on} was deleted." in as_json.json()["detail"]
    assert "a fresh Idempotency-Key" in replayed.json()["detail"]
    assert "was deleted. Send the text again" in as_page.text
    assert ANSWER["summary"] not in as_page.text


def test_ticket_past_its_time_is_said_to_be_kept_no_longer() -> None:
    trace = TraceRecord(started_at=datetime(2026, 3, 1, 12, tzinfo=UTC))

    assert gone(trace) == (
        "Tickets are kept 30 days; this one was made on 1 March 2026."
        " Send the text again for a new one, with a fresh Idempotency-Key if you use one."
    )


def test_erase_deletes_one_ticket_at_once(site: Site, extract: Extract, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = extract(), extract()

    call_command("erase", f"Please erase {first['task_id'].upper()}.")

    assert capsys.readouterr().out == f"Erased what was kept under {first['task_id']}. The trace stays.\n"
    assert [f"task_{each.pk.partition('_')[2]}" for each in Ticket.objects.all()] == [second["task_id"]]
    with pytest.raises(CommandError, match="nothing to erase"):
        call_command("erase", first["task_id"])
    with pytest.raises(CommandError, match="No id was found"):
        call_command("erase", "nothing")
