"""The sender's note is in its one column and on reviewers' pages, and after its end nowhere."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from operators.story import page_address
from tests.operators.reviewing import PERMISSIONS, WRITTEN, needs_review, operator, page_of, signed_in
from tests.tickets.test_privacy import every_cell, exported
from traces.models import TraceRecord
from traces.reviews import Review

pytestmark = pytest.mark.django_db

NOTE = "canarynote"


@pytest.fixture
def sender() -> Client:
    return signed_in(operator("cleo", ()))


@pytest.fixture
def trace(sender: Client) -> TraceRecord:
    return needs_review(submitter=f"user:{sender.session['_auth_user_id']}")


def printed(*command: str) -> str:
    output = StringIO()
    call_command(*command, stdout=output)
    return output.getvalue()


def everywhere_else(sender: Client, trace: TraceRecord) -> Iterator[str]:
    """Every place but the reviewers' pages: those of the sender, of other operators, exports, metrics and mail."""
    for accept in ("text/html", "application/json"):
        yield sender.get(f"/rotation/{trace.pk}", headers={"Accept": accept}).text
        yield sender.get(f"/rotation/{trace.pk}/review", headers={"Accept": accept}).text
    reader = signed_in(operator(f"reader-{Review.objects.count()}"))
    lists = ("/admin/", "/admin/traces/overview/", "/admin/traces/tracerecord/?status__exact=all")
    for address in (page_of(trace), page_address(trace.pk), *lists, "/admin/traces/review/"):
        yield reader.get(address).text
    yield sender.get("/metrics", headers={"Authorization": "Bearer of-this-test"}).text
    yield from (exported("export_traces"), exported("export_tickets"), printed("trace", trace.pk, "--json"))
    yield str([each.message() for each in mail.outbox])


def test_the_note_is_in_its_column_and_after_its_end_nowhere(
    sender: Client, trace: TraceRecord, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings.METRICS_TOKEN = "of-this-test"
    reviewer = signed_in(operator("ada", (*PERMISSIONS, "view_reviewrequest")))
    type(operator("ben")).objects.update(email="someone@example.test")

    asked = sender.post(f"/rotation/{trace.pk}/review", {"note": f"Is {NOTE} it?"}, content_type="application/json")
    before = [*everywhere_else(sender, trace)]
    shown = [reviewer.get(address).text for address in (page_of(trace), page_address(trace.pk))]
    reviewer.post(page_of(trace), WRITTEN)
    after = [*everywhere_else(sender, trace)]

    assert [name for name, cells in every_cell().items() if NOTE in cells] == ["traces_reviewrequest"]
    assert [NOTE in page for page in shown] == [True, True]
    assert [place for place in (asked.text, *before, *after, caplog.text) if NOTE in place] == []
    assert len(mail.outbox) == 1

    call_command("prune_review_notes", "--older-than=30d", stdout=StringIO())
    assert NOTE in str(every_cell())
    later = Review.objects.get().reviewed_at + timedelta(days=30, seconds=1)
    with pytest.MonkeyPatch.context() as clock:
        clock.setattr("traces.prune_command.timezone.now", lambda: later)
        call_command("prune_review_notes", stdout=StringIO())

    assert [name for name, cells in every_cell().items() if NOTE in cells] == []
    assert NOTE not in reviewer.get(page_of(trace)).text
