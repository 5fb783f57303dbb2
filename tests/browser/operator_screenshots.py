"""
Capture the operators' pages and the report of an eval into docs/screenshots/operators/: `make screenshots`.

The file name does not match pytest's pattern, so that no run of the tests writes there.
"""

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from operators.story import page_address
from tests.browser.conftest import Browse
from tests.browser.screenshots import FOLDER
from tests.browser.test_traces import sign_in
from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW
from tests.operators.dashboard import INVALID_ROW, store
from tests.operators.reviewing import needs_review
from traces.models import TraceRecord
from traces.review_requests import ReviewRequest

SCREEN: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 800}}
DARK: dict[str, Any] = {"color_scheme": "dark"}
# Each page on a light screen, and more looks of some.
LOOKS = {"": SCREEN, "-dark": SCREEN | DARK, "-phone": PHONE}
MORE_LOOKS = {"dashboard": ("-dark", "-phone"), "review": ("-phone",), "eval-report": ("-dark",)}
NOTE = "The owner is on leave until Friday. Please look before then."
# Replace what differs from run to run.
FIXED_VALUES = """
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  walker.currentNode.data = walker.currentNode.data
    .replace(/_[0-9a-z]{26}/g, "_0123456789abcdefghjkmnpqrs")
    .replace(/\\d{4}-\\d\\d-\\d\\d/g, "2026-11-01")
    .replace(/\\d\\d:\\d\\d:\\d\\d/g, "12:00:00");
}
"""


@pytest.fixture
def asked(admin_client: Client) -> TraceRecord:
    """A ledger of 30 days, and a request in it that a person was asked about and has looked at once."""
    for hours in range(0, 24 * 30, 2):
        started = {"started_at": timezone.now() - timedelta(hours=hours, minutes=5)}
        store(COMPLETED_ROW, count=2 + hours % 5, provider_ms=900, **started)
        if hours % 3:
            store(FAILED_ROW, count=hours % 3, provider_ms=4_000, **started)
    store(INVALID_ROW, count=2, provider_ms=1_200)
    trace = needs_review(started_at=timezone.now() - timedelta(hours=5))
    at = timezone.now() - timedelta(hours=4)
    ReviewRequest.objects.create(trace_id=trace.pk, workflow=trace.workflow, requested_at=at, note=NOTE)
    return trace


def capture(page: Page, name: str) -> None:
    page.evaluate(FIXED_VALUES)
    FOLDER.joinpath("operators").mkdir(parents=True, exist_ok=True)
    page.screenshot(path=FOLDER / f"operators/{name}.png", full_page=True)


def test_operators_pages_are_captured(browse: Browse, site: str, admin_client: Client, asked: TraceRecord) -> None:
    pages = {"dashboard": "/admin/", "dashboard-30-days": "/admin/?period=30d", "story": page_address(asked.pk)}
    pages["queue"] = "/admin/traces/reviewrequest/"
    pages["review"] = f"/admin/traces/review/add/?trace={asked.pk}"
    for name, address in pages.items():
        for look in ("", *MORE_LOOKS.get(name, ())):
            page = browse(**LOOKS[look])
            sign_in(page, site, admin_client)
            page.goto(site + address)
            expect(page.locator("h1")).to_be_visible()
            capture(page, name + look)


@pytest.mark.django_db(transaction=True)
def test_report_of_an_eval_is_captured(browse: Browse, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    chosen = ("eval", "rotations", "--split", "dev", "--provider", "rules")
    call_command(*chosen, "--report", str(report), stdout=StringIO(), stderr=StringIO())

    for look in ("", *MORE_LOOKS["eval-report"]):
        page = browse(**LOOKS[look])
        page.set_content(report.read_text())
        capture(page, f"eval-report{look}")
