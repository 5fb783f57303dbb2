"""The printed page shows the decision and no controls."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Browse
from tests.browser.samples import every_workflow
from tests.browser.states import STATES, Stage, reach, states_of


@every_workflow
def test_no_control_is_printed(browse: Browse, stage: Stage, subtests: pytest.Subtests) -> None:
    states = states_of(stage.sample)
    completed = [name for name, state in states.items() if state.heading == stage.sample.completed]
    for name in (*completed, "failed and left", "failed"):
        with subtests.test(name):
            reach(states[name], stage)
            stage.customer.page.emulate_media(media="print")
            controls = stage.customer.page.locator("form, button, .button, .skip-link, .unprinted").all()
            assert [each for each in controls if each.is_visible()] == []
        stage.start_over(browse())


def test_decision_and_trace_id_are_printed(stage: Stage) -> None:
    reach(STATES["eligible"], stage)

    stage.customer.page.emulate_media(media="print", color_scheme="dark")

    for words in ("Eligible under P-7", "What was not checked", "invoice-sync", "Disable the old key"):
        expect(stage.customer.page.get_by_text(words).first).to_be_visible()
    expect(stage.customer.page.locator(".trace-id")).to_be_visible()
    expect(stage.customer.page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
