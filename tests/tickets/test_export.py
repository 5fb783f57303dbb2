"""Export of tickets to a help desk or a spreadsheet."""

import csv
import json
from collections.abc import Callable
from io import StringIO
from typing import Any

from django.core.management import call_command

from decisions.decide import decide
from tests.conformance.conftest import Site
from tests.tickets.conftest import ANSWER, TEXT
from tickets.contract import TicketReport
from tickets.workflow import TICKETS
from traces.codes import Source
from traces.entries import Submission
from traces.models import TraceRecord

Extract = Callable[..., dict[str, Any]]


def exported(kind: str) -> str:
    printed = StringIO()
    call_command("export_tickets", "--since", "2020-01-01", "--format", kind, stdout=printed)
    return printed.getvalue()


def test_tickets_are_exported_in_both_formats(site: Site, extract: Extract) -> None:
    body = extract()

    (row,) = csv.DictReader(StringIO(exported("csv")))
    assert json.loads(exported("jsonl")) == row
    assert row["task_id"] == body["task_id"]
    assert {name: row[name] for name in ANSWER} == ANSWER


def test_formula_in_a_summary_is_text_in_a_spreadsheet(site: Site, extract: Extract) -> None:
    site.provider.says = json.dumps(ANSWER | {"summary": "=HYPERLINK is what the customer asks about."})

    extract()

    assert "'=HYPERLINK" in exported("csv")


def test_tickets_of_evals_are_left_out(site: Site) -> None:
    facts = TICKETS.facts()
    submission = Submission(source=Source.EVAL, submitter="eval")
    decide(TICKETS, TicketReport(text=TEXT), provider=site.provider, find_facts=lambda _: facts, submission=submission)

    assert exported("jsonl") == ""
    TraceRecord.objects.all().delete()
    assert exported("jsonl") == ""
    assert exported("csv") == "task_id,created_at,category,priority,summary\r\n"
