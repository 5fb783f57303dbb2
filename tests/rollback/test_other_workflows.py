"""The previous release and rows of a workflow that it does not know, as this release writes them."""

import pytest

from tests.rollback.browser import Browser
from tests.rollback.conftest import Servers, Site
from tests.rollback.releases import Release

MAKE_ROWS = """
from datetime import timedelta
from django.utils import timezone
from tickets.models import Ticket
from traces.codes import ErrorCode, Source
from traces.entries import Completed, Failed, Opening
from traces.models import TraceRecord
at = timezone.now() - timedelta(days={days})
opening = Opening(source=Source.API, submitter="open", workflow="tickets", account_id=None, submission_digest="0" * 32,
    input_fingerprint="0" * 32, fingerprint_key_id="test", prompt_version="ticket_extract@1",
    policy_version="ticket_policy@1", provider="openai", model=None, release="0.3.0", facts={{}})
ticket = {{"category": "billing", "priority": "high", "summary": "Charged twice.", "created_at": at}}
endings = (Completed(decision="billing", policy_line_ids=(), answer={{"category": "billing"}}),
    Failed(error_code=ErrorCode.INVALID_DECISION, error_reason="malformed_ticket"))
for ending in endings:
    trace = TraceRecord.objects.open(opening, at=at)
    trace.close(ending, at=at + timedelta(seconds=1), then=lambda: ending.status == "failed" or
        Ticket.objects.create(trace_id=trace.trace_id, **ticket))
    print(trace.trace_id)
"""


def make_rows(site: Site, new: Release, *, days: int) -> tuple[str, str]:
    """Write a completed and a failed row that started this many days ago. Return their ids."""
    printed = new.succeed("shell", "--command", MAKE_ROWS.format(days=days), environment=site.environment)
    completed, failed = [word for word in printed.split() if word.startswith("trace_")]
    return completed, failed


@pytest.fixture
def operator(servers: Servers, site: Site) -> Browser:
    browser = Browser()
    browser.sign_in(servers.old, "operator", site.password)
    return browser


def test_old_admin_lists_and_shows_rows_of_other_workflows(
    servers: Servers, site: Site, new: Release, operator: Browser
) -> None:
    ids = make_rows(site, new, days=0)

    listed = operator.get(servers.old, "/admin/traces/tracerecord/?status__exact=all&workflow__exact=tickets")
    stories = [operator.get(servers.old, f"/admin/traces/tracerecord/{each}/change/") for each in ids]

    assert [each for each in ids if each not in listed.text] == []
    assert [story.status for story in stories] == [200, 200]


def test_old_commands_find_and_export_rows_of_other_workflows(site: Site, old: Release, new: Release) -> None:
    completed, failed = make_rows(site, new, days=0)

    shown = old.succeed("trace", completed, "--json", environment=site.environment)
    exported = old.succeed("export_traces", "--since=2026-01-01", "--format=jsonl", environment=site.environment)

    assert "billing" in shown
    assert completed in exported
    assert failed in exported


def test_old_release_prunes_rows_of_other_workflows(site: Site, old: Release, new: Release) -> None:
    ids = make_rows(site, new, days=400)

    old.succeed("prune_traces", "--older-than=300d", environment=site.environment)

    for each in ids:
        assert old.manage("trace", each, environment=site.environment).returncode != 0
    # It knows no tickets, so the new release deletes them by their own date.
    assert "Deleted 1 ticket" in new.succeed("prune_tickets", "--older-than=300d", environment=site.environment)


def test_old_release_serves_rotation_beside_other_workflows(
    servers: Servers, site: Site, old: Release, new: Release
) -> None:
    make_rows(site, new, days=0)

    rechecked = old.succeed("recheck", environment=site.environment)

    assert servers.old.ask("/readyz")[0] == 200
    assert "; 0 would not hold" in rechecked
