"""The dashboard in a browser: accessible, within its window, and on paper."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.axe import faults_in_every_look
from tests.browser.test_traces import sign_in
from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW
from tests.operators.dashboard import INVALID_ROW, store


@pytest.fixture
def dashboard(page: Page, site: str, admin_client: Client) -> Page:
    """The dashboard of two days with long names."""
    for hours in range(48):
        started = {"started_at": timezone.now() - timedelta(hours=hours)}
        store(COMPLETED_ROW, count=3 + hours % 7, provider_ms=900, **started)
        store(FAILED_ROW, count=1 + hours % 3, provider_ms=4_000, **started)
    store(INVALID_ROW, model="a-model-with-a-long-name-of-a-certain-day-2026-11-30", provider_ms=1_234_567)
    sign_in(page, site, admin_client)
    page.goto(f"{site}/admin/")
    return page


def test_dashboard_is_accessible_and_fits(dashboard: Page) -> None:
    for period in ("The last 24 hours", "The last 30 days"):
        dashboard.get_by_role("link", name=period).click()
        for summary in dashboard.locator("summary").all():
            summary.click()
        assert faults_in_every_look(dashboard) == []


def test_printed_dashboard_has_its_tables_and_no_controls(dashboard: Page) -> None:
    dashboard.emulate_media(media="print", color_scheme="dark")

    expect(dashboard.get_by_role("table", name="Requests an hour")).to_be_visible()
    expect(dashboard.locator(".needs dt").first).to_have_css("color", "rgb(0, 0, 0)")
    for control in ("form.find", ".figures nav", "#content-main"):
        assert not dashboard.locator(control).first.is_visible(), control
