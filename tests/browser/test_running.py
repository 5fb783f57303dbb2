"""While a decision is made: the button is off, the seconds count, and a screen reader is told once."""

import pytest
from playwright.sync_api import expect

from tests.browser.states import STATES, Stage, reach


@pytest.fixture
def running(stage: Stage) -> Stage:
    reach(STATES["running in the form"], stage)
    stage.hold.wait_until_asked()
    return stage


def test_the_button_is_off_and_the_fields_are_closed(running: Stage) -> None:
    expect(running.customer.button).to_have_attribute("aria-disabled", "true")
    for field in ("#id_account_id", "#id_credential_report", "#id_item"):
        expect(running.customer.page.locator(field)).not_to_be_editable()


def test_it_is_told_in_a_live_region(running: Stage) -> None:
    said = running.customer.page.locator("#said")

    expect(said).to_have_attribute("role", "status")
    expect(said).to_have_text("Checking policy P-7…")
    expect(running.customer.progress).to_be_in_viewport()


def test_the_seconds_count_without_being_read_out(running: Stage) -> None:
    elapsed = running.customer.page.locator("[data-elapsed]")

    expect(elapsed).to_have_text("2")
    assert elapsed.evaluate("(seconds) => seconds.closest('[aria-hidden=true]') !== null")


def test_the_address_finds_the_submission_at_once(stage: Stage) -> None:
    stage.hold_provider()
    stage.customer.open()
    key = stage.customer.key
    stage.customer.fill()

    stage.customer.button.click()

    assert stage.customer.path == f"/?submission={key}"


def test_the_title_and_the_address_are_the_results(running: Stage) -> None:
    running.hold.release()

    expect(running.customer.page).to_have_title("Eligible under P-7 \N{EN DASH} Rotation decisions")
    assert running.customer.path == running.trace_path
    assert running.customer.page.evaluate("scrollY") == 0


def test_the_page_of_a_running_decision_ends_with_it(stage: Stage) -> None:
    reach(STATES["running"], stage)

    stage.hold.release()

    expect(stage.customer.page.get_by_role("heading", level=1)).to_have_text("Eligible under P-7")
    expect(stage.customer.page.get_by_role("heading", level=1)).to_be_focused()
