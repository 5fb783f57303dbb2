"""While a decision is made, the button is disabled, the seconds count, and screen readers announce it once."""

import pytest
from playwright.sync_api import expect

from tests.browser.states import STATES, Stage, reach


@pytest.fixture
def running(stage: Stage) -> Stage:
    reach(STATES["running in the form"], stage)
    stage.pause.wait_until_asked()
    return stage


def test_running_form_is_disabled(running: Stage) -> None:
    expect(running.customer.button).to_have_attribute("aria-disabled", "true")
    for field in ("#id_account_id", "#id_credential_report", "#id_item"):
        expect(running.customer.page.locator(field)).not_to_be_editable()


def test_running_decision_is_announced_in_a_live_region(running: Stage) -> None:
    status = running.customer.page.locator("#announcement")

    expect(status).to_have_attribute("role", "status")
    expect(status).to_have_text("Checking policy P-7…")
    expect(running.customer.progress).to_be_in_viewport()


def test_elapsed_seconds_are_not_announced(running: Stage) -> None:
    elapsed = running.customer.page.locator("[data-elapsed]")

    expect(elapsed).to_have_text("2")
    assert elapsed.evaluate("(seconds) => seconds.closest('[aria-hidden=true]') !== null")


def test_address_names_the_submission_at_once(stage: Stage) -> None:
    stage.pause_provider()
    stage.customer.open()
    key = stage.customer.key
    stage.customer.fill()

    stage.customer.button.click()

    assert stage.customer.path == f"/?submission={key}"


def test_finished_form_has_the_title_and_address_of_the_result(running: Stage) -> None:
    running.pause.release()

    expect(running.customer.page).to_have_title("Eligible under P-7 \N{EN DASH} Rotation decisions")
    assert running.customer.path == running.trace_path
    assert running.customer.page.evaluate("scrollY") == 0


def test_page_of_a_running_decision_shows_its_result(stage: Stage) -> None:
    reach(STATES["running"], stage)

    stage.pause.release()

    expect(stage.customer.page.get_by_role("heading", level=1)).to_have_text("Eligible under P-7")
    expect(stage.customer.page.get_by_role("heading", level=1)).to_be_focused()
