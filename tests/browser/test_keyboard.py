"""The keyboard reaches everything, and the focus moves to what is new."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Browse
from tests.browser.customer import Customer
from tests.browser.states import STATES, Stage, reach
from tests.conftest import REPORT

TAB_ORDER = ["skip-link", "site-name", "id_account_id", "id_credential_report", "id_item", "Check against P-7"]


def tab(customer: Customer) -> str:
    customer.page.keyboard.press("Tab")
    return customer.focused()


def test_tab_reaches_every_control_in_order(customer: Customer) -> None:
    customer.open()

    assert [tab(customer) for _ in TAB_ORDER] == TAB_ORDER


def test_focused_element_has_an_outline(customer: Customer) -> None:
    customer.open()

    for _ in TAB_ORDER:
        tab(customer)
        outline = customer.page.evaluate("getComputedStyle(document.activeElement).outline")
        assert outline.endswith("solid 3px"), customer.focused()


def test_skip_link_leads_to_the_main_content(customer: Customer) -> None:
    customer.open()

    tab(customer)
    customer.page.keyboard.press("Enter")

    assert customer.focused() == "main"
    assert tab(customer) == "id_account_id"


def test_report_is_sent_and_read_without_a_mouse(stage: Stage) -> None:
    customer, keyboard = stage.customer, stage.customer.page.keyboard
    customer.open()

    customer.page.focus("#id_account_id")
    keyboard.type("acct_10234")
    tab(customer)
    keyboard.type(REPORT)
    tab(customer)
    keyboard.press("Enter")

    expect(customer.page.get_by_role("heading", level=1)).to_be_focused()
    expect(customer.page.get_by_role("heading", level=1)).to_have_text("Eligible under P-7")


def test_disabled_button_keeps_the_focus(stage: Stage) -> None:
    stage.pause_provider()
    stage.customer.open()
    stage.customer.fill()

    stage.customer.button.press("Enter")
    stage.pause.wait_until_asked()

    expect(stage.customer.button).to_be_focused()


def test_problem_takes_the_focus(browse: Browse, stage: Stage, subtests: pytest.Subtests) -> None:
    for name in ("invalid", "key reused", "failed", "account unknown"):
        with subtests.test(name):
            reach(STATES[name], stage)
            expect(stage.customer.page.locator("main .problem")).to_be_focused()
            expect(stage.customer.page.locator("main .problem")).to_be_in_viewport()
        stage.start_over(browse())


@pytest.mark.parametrize(("tabs", "field"), [(1, "#id_account_id"), (2, "#id_credential_report")])
def test_links_of_the_error_summary_lead_to_their_fields(stage: Stage, tabs: int, field: str) -> None:
    reach(STATES["invalid"], stage)

    for _ in range(tabs):
        tab(stage.customer)
    stage.customer.page.keyboard.press("Enter")

    expect(stage.customer.page.locator(field)).to_be_focused()


def test_trace_id_is_copied_from_the_keyboard(stage: Stage) -> None:
    reach(STATES["eligible"], stage)

    stage.customer.page.locator("[data-copy]").press("Enter")

    expect(stage.customer.page.locator(".trace [role=status]")).to_have_text("Copied")
