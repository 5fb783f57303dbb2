"""A summary is in its column, its page, its JSON and its export; the text is nowhere."""

import json
import logging
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from pytest_django import Settings

from tests.conformance.conftest import Site
from tests.tickets.conftest import ANSWER

Extract = Callable[..., dict[str, Any]]
IN_TEXT, IN_SUMMARY = "canarytext", "canarysummary"


def every_cell() -> dict[str, str]:
    """Return the whole content of each table as one text."""
    cells = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - names from the database
            cells[table] = str(cursor.fetchall())
    return cells


def exported(command: str) -> str:
    printed = StringIO()
    call_command(command, "--since", "2020-01-01", "--format", "jsonl", stdout=printed)
    return printed.getvalue()


def test_canaries_are_where_they_may_be(
    site: Site, extract: Extract, admin_client: Client, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings.METRICS_TOKEN = "of-this-test"
    site.provider.says = json.dumps(ANSWER | {"summary": f"Customer asks about the {IN_SUMMARY}."})

    body = extract(f"I have a question about the {IN_TEXT}, please help me.")

    page = site.client.get(site.result_address(f"trace_{body['task_id'][5:]}"), headers={"Accept": "text/html"})
    tables = every_cell()
    assert IN_SUMMARY in body["ticket"]["summary"]
    assert IN_SUMMARY in page.text
    assert [name for name, cells in tables.items() if IN_SUMMARY in cells] == ["tickets_ticket"]
    assert IN_SUMMARY in exported("export_tickets")
    traces = exported("export_traces")
    dashboard = admin_client.get("/admin/").text
    metrics = site.client.get("/metrics", headers={"Authorization": "Bearer of-this-test"}).text
    mails = str([each.message() for each in mail.outbox])
    assert "feedback_total" in metrics
    story = admin_client.get(f"/admin/traces/tracerecord/trace_{body['task_id'][5:]}/change/").text
    for place in (traces, dashboard, metrics, mails, story, caplog.text):
        assert IN_SUMMARY not in place
    for place in (*tables.values(), page.text, traces, dashboard, metrics, mails, story, caplog.text, json.dumps(body)):
        assert IN_TEXT not in place
