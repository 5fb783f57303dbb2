"""A member's own page, and what the form offers members, in a browser."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from tests.browser.axe import faults_in_every_look
from tests.browser.conftest import Browse
from tests.browser.customer import Customer
from tests.browser.members import signed_in_member
from tests.browser.samples import ROTATION_SAMPLE
from tests.browser.test_traces import sign_in
from tests.fakes import FakeProvider

USUAL = "Which credential is meant, by its label, if the account has several."
NAMED = "Error: This account has several active credentials: name one of loader-blue, loader-green."


@pytest.fixture(autouse=True)
def _members(settings: Settings) -> None:
    settings.ACCESS = "members"


def test_own_page_is_accessible_and_leads_to_older_requests_and_out(page: Page, site: str) -> None:
    sign_in(page, site, signed_in_member())
    page.goto(f"{site}/")
    page.get_by_role("link", name="My requests").click()
    faults = faults_in_every_look(page)

    page.get_by_role("link", name="Older").click()
    expect(page.locator("main .rows").first.locator("li")).to_have_count(4)
    faults += faults_in_every_look(page)
    page.get_by_role("button", name="Sign out everywhere").click()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert faults == []


@pytest.mark.parametrize("with_script", [True, False], ids=["with script", "without script"])
def test_ambiguous_account_leads_to_its_labels(
    browse: Browse, site: str, provider: FakeProvider, *, with_script: bool
) -> None:
    customer = Customer(browse(java_script_enabled=with_script), site, ROTATION_SAMPLE)
    sign_in(customer.page, site, signed_in_member(requests=0))
    customer.send(account_id="51170")

    item = customer.page.get_by_label("Item")
    expect(item).to_be_focused()
    expect(item).to_have_accessible_description(f"{USUAL} {NAMED}")
    faults = faults_in_every_look(customer.page) if with_script else []
    item.fill("LOADER-BLUE")
    item.press("Tab")
    customer.page.keyboard.press("Shift+Tab")
    expect(item).to_be_focused()
    item.press("Enter")

    expect(customer.title).to_have_text(ROTATION_SAMPLE.completed)
    assert [facts.label for _, facts in provider.calls] == ["loader-blue"]
    assert faults == []
