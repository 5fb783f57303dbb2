"""Rows with hostile texts in their columns: pages escape them and the terminal gets no control characters."""

import html
import json
import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import CharField
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from operators.story import page_address
from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW, insert
from traces.codes import ErrorCode
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db

LIST = "/admin/traces/tracerecord/"
HOSTILE = "\"'><b>{{7*7}}"
ESCAPED = "&quot;&#x27;&gt;&lt;b&gt;{{7*7}}"
# The database itself allows only a closed set here, and the row is read by its id.
CLOSED = {"status", "source", "error_code", "error_reason", "trace_id"}
OPEN = [field.name for field in TraceRecord._meta.fields if isinstance(field, CharField) and field.name not in CLOSED]


@pytest.fixture
def completed() -> TraceRecord:
    return insert(COMPLETED_ROW | dict.fromkeys(OPEN, HOSTILE) | {"policy_line_ids": [HOSTILE], "provider_status": 200})


@pytest.fixture
def failed() -> TraceRecord:
    reason = {"error_code": ErrorCode.INVALID_DECISION, "error_reason": HOSTILE, "provider_status": 400}
    return insert(FAILED_ROW | dict.fromkeys(OPEN, HOSTILE) | reason | {"decision": None, "submission_key": None})


def test_the_list_escapes_every_column(admin_client: Client, completed: TraceRecord, failed: TraceRecord) -> None:
    for query in ("", "?status__exact=all", "?account_id__exact=%22%27%3E%3Cb%3E%7B%7B7*7%7D%7D"):
        page = admin_client.get(LIST + query)

        assertContains(page, ESCAPED)
        assertContains(page, failed.pk)
        for raw in (HOSTILE, "'><b>", "49"):
            assertNotContains(page, f">{raw}")


def test_the_pages_escape_every_column(admin_client: Client, completed: TraceRecord, failed: TraceRecord) -> None:
    for trace in (completed, failed):
        page = admin_client.get(page_address(trace.pk))

        assert page.text.count(ESCAPED) >= len(OPEN) - 3
        assertNotContains(page, "<b>")
    assertNotContains(admin_client.get(reverse("admin:traces_tracerecord_history", args=[failed.pk])), "<b>")


def test_a_hostile_label_in_the_facts_is_escaped(admin_client: Client) -> None:
    facts = {"label": HOSTILE, "kind": "service_account_key", "state": "active", "age_days": 12}

    page = admin_client.get(page_address(insert(COMPLETED_ROW | {"facts": facts}).pk))

    assertContains(page, f"<dd>{ESCAPED}</dd>")
    assertNotContains(page, "<b>")


def test_a_hostile_id_is_escaped_and_its_link_leads_to_its_row(admin_client: Client) -> None:
    insert(FAILED_ROW | {"trace_id": HOSTILE})

    listed = admin_client.get(LIST)
    address = re.search(r'field-trace_id"><a href="([^"]*)"', listed.text)

    assert address is not None
    assertNotContains(listed, "<b>")
    assertContains(admin_client.get(html.unescape(address[1])), f"<h1>Trace {ESCAPED}</h1>")


def test_a_filter_for_a_hostile_value_leads_to_its_rows(admin_client: Client, failed: TraceRecord) -> None:
    link = re.search(r'<a href="(\?provider__exact=[^"]*)">&quot;', admin_client.get(LIST).text)

    assert link is not None
    assertContains(admin_client.get(LIST + link[1]), failed.pk)


def test_a_hostile_query_is_escaped(admin_client: Client) -> None:
    exact = ("account_id__exact", "provider__exact", "status__exact")
    for parameter in (*exact, "day", "started_at__gte", "overdue", "q"):
        assertNotContains(admin_client.get(LIST, {parameter: HOSTILE}, follow=True), "<b>")


def test_the_command_prints_no_control_characters() -> None:
    trace = insert(FAILED_ROW | {"provider": "\x1b[2J\rgone\u202e", "submitter": "Zoë"})
    plain, as_json = StringIO(), StringIO()

    call_command("trace", trace.pk, stdout=plain)
    call_command("trace", trace.pk, "--json", stdout=as_json)

    assert "\ufffd[2J\ufffdgone\ufffd" in plain.getvalue()
    assert "Zoë" in plain.getvalue()
    assert json.loads(as_json.getvalue())["trace_id"] == trace.pk
    assert as_json.getvalue().strip().isascii()
    assert as_json.getvalue().strip().isprintable()
