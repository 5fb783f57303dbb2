"""Judge thousands of hostile tickets beside an oracle that knows which pieces of a summary are false."""

import random
from collections import Counter

import pytest

from decisions.decide import decide
from tests.fakes import FakeProvider
from tests.torture.conftest import Promise, sized
from tests.torture.hostile_tickets import FALSE, TEXT, hostile_ticket
from tickets.check import Supported, check_answer
from tickets.contract import TicketReport
from tickets.models import Ticket
from tickets.policy import PRIORITIES
from tickets.prompt import PROMPTS
from tickets.workflow import TICKETS
from traces.codes import Source, Status
from traces.entries import Submission
from traces.models import TraceRecord

CHECKED = sized(1_500, 50_000)
STORED = sized(150, 3_000)
REPORT = TicketReport(text=TEXT)


@pytest.mark.any_database
@pytest.mark.parametrize("version", [1, 2])
def test_no_false_ticket_passes_the_check(version: int, promise: Promise) -> None:
    rng, outcomes, shown = random.Random(version), Counter[str](), []  # noqa: S311 - the same answers in every run
    shape = PROMPTS[f"ticket_extract@{version}"].answer
    for _ in range(CHECKED):
        answer, may_be_shown = hostile_ticket(rng, version=version)
        verdict, closed = check_answer(answer, REPORT, PRIORITIES, shape=shape)
        outcomes[verdict.reason if not isinstance(verdict, Supported) else "shown"] += 1
        shown += [answer] if isinstance(verdict, Supported) and not may_be_shown else []
        assert closed is None or not any(isinstance(value, str) and len(value) > 16 for value in closed.values())

    counts = ", ".join(f"{outcome} {count:,}" for outcome, count in sorted(outcomes.items()))
    promise(1, f"tickets: {CHECKED:,} hostile answers @{version} ({counts}): unchecked tickets shown {len(shown)}")
    assert shown == []
    assert outcomes["shown"] > CHECKED / 10
    assert len(outcomes) == (6 if version == 1 else 8)


@pytest.mark.django_db
def test_stored_tickets_hold_no_false_piece(promise: Promise) -> None:
    rng = random.Random(11)  # noqa: S311 - the same answers in every run
    for number in range(STORED):
        answer, _ = hostile_ticket(rng, version=1 + number % 2)
        provider = FakeProvider(answer, prompt_version=f"ticket_extract@{1 + number % 2}")
        decide(
            TICKETS,
            REPORT,
            provider=provider,
            find_facts=lambda _now: TICKETS.facts(),
            submission=Submission(source=Source.API, submitter="open"),
        )

    summaries = list(Ticket.objects.values_list("summary", flat=True))
    false = [summary for summary in summaries if any(piece in summary for piece in FALSE)]
    completed = TraceRecord.objects.filter(status=Status.COMPLETED).count()
    promise(1, f"tickets: {STORED:,} through the service, {completed:,} completed: with a false piece {len(false)}")
    assert false == []
    assert completed == len(summaries) > 0
    assert not TraceRecord.objects.filter(status=Status.RUNNING).exists()
