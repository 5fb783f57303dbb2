"""The operators' pages of the ledger, with rows that were written without any allow-list."""

from itertools import product
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Page

from operators.story import page_address
from tests.browser.axe import WIDTHS, faults_in_every_look
from tests.browser.test_validity import faults
from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW, insert
from tests.operators.test_hostile_rows import HOSTILE, OPEN
from traces.codes import ErrorCode

LIST = "/admin/traces/tracerecord/"
REASON = {"error_code": ErrorCode.INVALID_DECISION, "error_reason": HOSTILE, "decision": None}


@pytest.fixture
def addresses(site: str) -> list[str]:
    """The admin's first page, the lists, and the pages of three rows, two of them hostile in every open column."""
    first = insert(FAILED_ROW)
    hostile = insert(FAILED_ROW | dict.fromkeys(OPEN, HOSTILE) | REASON | {"retry_of": first.pk})
    blank = insert(COMPLETED_ROW | dict.fromkeys(OPEN, " ") | {"submission_key": None})
    lists = ["", "?status__exact=all", "?q=nothing", "?day=2026-03-01&status__exact=all", f"?p=older.{hostile.pk}"]
    return (
        [f"{site}/admin/"]
        + [site + LIST + each for each in lists]
        + [site + page_address(each.pk) for each in (first, hostile, blank)]
    )


def sign_in(page: Page, site: str, admin_client: Client) -> None:
    name, session = next(iter(admin_client.cookies.items()))
    page.context.add_cookies([{"name": name, "value": session.value, "url": site}])


def test_operators_pages_are_accessible_and_fit(
    page: Page, site: str, addresses: list[str], admin_client: Client
) -> None:
    sign_in(page, site, admin_client)

    for address in addresses:
        page.goto(address)
        assert page.locator("h1").count() == 1, address
        assert faults_in_every_look(page) == []

    for width, address in product(WIDTHS, addresses[:2]):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(address)
        assert page.locator("#searchbar").evaluate("box => box.offsetWidth") > 240, (address, width)
        if address == addresses[1]:
            outcome = page.locator(".field-outcome").first
            assert outcome.evaluate("cell => cell.getBoundingClientRect().right") < width


def test_operators_pages_are_valid_html(
    page: Page, site: str, addresses: list[str], admin_client: Client, validator: list[str], tmp_path: Path
) -> None:
    sign_in(page, site, admin_client)

    for number, address in enumerate(addresses):
        response = page.goto(address)
        assert response is not None
        (tmp_path / f"{number}.html").write_text(response.text())

    (tmp_path / "admin.css").write_text(Path("static/admin.css").read_text())
    assert faults(validator, tmp_path) == []
