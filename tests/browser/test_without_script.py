"""Without script, every state that needs none is reached, and no control is shown that needs script."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Browse
from tests.browser.samples import every_workflow
from tests.browser.states import Stage, reach, states_of


@every_workflow
def test_every_state_is_reached_without_scripted_controls(
    browse: Browse, stage_without_script: Stage, subtests: pytest.Subtests
) -> None:
    for name, state in states_of(stage_without_script.sample).items():
        if state.scripted:
            continue
        with subtests.test(name):
            reach(state, stage_without_script)
            scripted = stage_without_script.customer.page.locator(".scripted").all()
            assert [each for each in scripted if each.is_visible()] == []
        stage_without_script.start_over(browse(java_script_enabled=False))


@every_workflow
def test_link_checks_a_running_decision_again(stage_without_script: Stage) -> None:
    reach(states_of(stage_without_script.sample)["running"], stage_without_script)
    stage_without_script.pause.release()

    stage_without_script.customer.page.get_by_role("link", name="Check again").click()

    expect(stage_without_script.customer.title).to_have_text(stage_without_script.sample.completed)


@every_workflow
def test_failed_form_is_retried(stage_without_script: Stage) -> None:
    reach(states_of(stage_without_script.sample)["failed"], stage_without_script)
    stage_without_script.provider.says = stage_without_script.sample.answer

    stage_without_script.customer.button.click()

    expect(stage_without_script.customer.title).to_have_text(stage_without_script.sample.completed)


def test_problem_takes_the_focus(stage_without_script: Stage) -> None:
    reach(states_of(stage_without_script.sample)["invalid"], stage_without_script)

    expect(stage_without_script.customer.page.locator(".problem")).to_be_focused()
