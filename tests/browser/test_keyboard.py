"""The keyboard reaches everything, and the focus moves to what is new."""

import pytest
from playwright.sync_api import expect

from decisions.registry import workflows
from tests.browser.conftest import Browse
from tests.browser.customer import Customer
from tests.browser.samples import Sample, every_workflow
from tests.browser.states import STATES, Stage, reach, states_of


def tab_order(sample: Sample) -> list[str]:
    """Name what the Tab key reaches on the page of a form."""
    links = [workflow.words.title for workflow in workflows()]
    return ["skip-link", "site-name", *links, *(f"id_{name}" for name in sample.sent), sample.button]


def tab(customer: Customer) -> str:
    customer.page.keyboard.press("Tab")
    return customer.focused()


@every_workflow
def test_tab_reaches_every_control_in_order(customer: Customer, sample: Sample) -> None:
    customer.open()

    assert [tab(customer) for _ in tab_order(sample)] == tab_order(sample)


@every_workflow
def test_focused_element_has_an_outline(customer: Customer, sample: Sample) -> None:
    customer.open()

    for _ in tab_order(sample):
        tab(customer)
        outline = customer.page.evaluate("getComputedStyle(document.activeElement).outline")
        assert outline.endswith("solid 3px"), customer.focused()


@every_workflow
def test_skip_link_leads_to_the_main_content(customer: Customer, sample: Sample) -> None:
    customer.open()

    tab(customer)
    customer.page.keyboard.press("Enter")

    assert customer.focused() == "main"
    assert tab(customer) == f"id_{next(iter(sample.sent))}"


@every_workflow
def test_report_is_sent_and_read_without_a_mouse(stage: Stage) -> None:
    customer, keyboard = stage.customer, stage.customer.page.keyboard
    customer.open()

    customer.page.focus(f"#id_{next(iter(stage.sample.sent))}")
    for value in stage.sample.sent.values():
        keyboard.type(value)
        tab(customer)
    keyboard.press("Enter")

    expect(customer.title).to_be_focused()
    expect(customer.title).to_have_text(stage.sample.completed)


@every_workflow
def test_disabled_button_keeps_the_focus(stage: Stage) -> None:
    stage.pause_provider()
    stage.customer.open()
    stage.customer.fill()

    stage.customer.button.press("Enter")
    stage.pause.wait_until_asked()

    expect(stage.customer.button).to_be_focused()


@every_workflow
def test_problem_takes_the_focus(browse: Browse, stage: Stage, subtests: pytest.Subtests) -> None:
    states = states_of(stage.sample)
    for name in ("invalid", "key reused", "failed", "never arrived"):
        with subtests.test(name):
            reach(states[name], stage)
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
