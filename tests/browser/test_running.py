"""While a decision is made, the button is disabled, the seconds count, and screen readers announce it once."""

import pytest
from playwright.sync_api import expect

from tests.browser.samples import every_workflow
from tests.browser.states import Stage, reach, states_of


@pytest.fixture
def running(stage: Stage) -> Stage:
    reach(states_of(stage.sample)["running in the form"], stage)
    stage.pause.wait_until_asked()
    return stage


@every_workflow
def test_running_form_is_disabled(running: Stage) -> None:
    expect(running.customer.button).to_have_attribute("aria-disabled", "true")
    for name in running.sample.sent:
        expect(running.customer.page.locator(f"#id_{name}")).not_to_be_editable()


@every_workflow
def test_running_decision_is_announced_in_a_live_region(running: Stage) -> None:
    status = running.customer.page.locator("#announcement")

    expect(status).to_have_attribute("role", "status")
    expect(status).to_have_text(running.sample.running)
    expect(running.customer.progress).to_be_in_viewport()


@every_workflow
def test_elapsed_seconds_are_not_announced(running: Stage) -> None:
    elapsed = running.customer.page.locator("[data-elapsed]")

    expect(elapsed).to_have_text("2")
    assert elapsed.evaluate("(seconds) => seconds.closest('[aria-hidden=true]') !== null")


@every_workflow
def test_address_names_the_submission_at_once(stage: Stage) -> None:
    stage.pause_provider()
    stage.customer.open()
    key = stage.customer.key
    stage.customer.fill()

    stage.customer.button.click()

    assert stage.customer.path == f"{stage.sample.path}?submission={key}"


@every_workflow
def test_finished_form_has_the_title_and_address_of_the_result(running: Stage) -> None:
    running.pause.release()

    expect(running.customer.page).to_have_title(
        f"{running.sample.completed} \N{EN DASH} {running.sample.workflow.words.title}"
    )
    assert running.customer.path == running.trace_path
    assert running.customer.page.evaluate("scrollY") == 0


@every_workflow
def test_page_of_a_running_decision_shows_its_result(stage: Stage) -> None:
    reach(states_of(stage.sample)["running"], stage)

    stage.pause.release()

    expect(stage.customer.title).to_have_text(stage.sample.completed)
    expect(stage.customer.title).to_be_focused()
