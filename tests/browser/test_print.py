"""The printed page shows the decision, its id and its address on one sheet, and no controls."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Browse
from tests.browser.samples import Sample, every_workflow
from tests.browser.states import STATES, Stage, State, reach, states_of

CONTROLS = "form, button, .button, .skip-link, .form-links, .next, .unprinted"


def printed_states(sample: Sample) -> dict[str, State]:
    decided = re.compile(f"{re.escape(sample.completed)}|.* under P-7")
    states = states_of(sample).items()
    ended = {name: state for name, state in states if isinstance(state.heading, str) and decided.match(state.heading)}
    return ended | {name: state for name, state in states if name in {"failed", "failed and left"}}


@every_workflow
def test_each_result_is_printed_on_one_sheet_with_its_address_and_without_controls(
    browse: Browse, stage: Stage, subtests: pytest.Subtests
) -> None:
    for name, state in printed_states(stage.sample).items():
        with subtests.test(name):
            reach(state, stage)
            page = stage.customer.page
            for details in page.locator("summary").all():
                details.click()
            sheets = [len(re.findall(rb"/Type /Page\b", page.pdf(format=each))) for each in ("A4", "Letter")]
            page.emulate_media(media="print")
            assert sheets == [1, 1]
            assert [each for each in page.locator(CONTROLS).all() if each.is_visible()] == []
            expect(page.get_by_text(f"{stage.customer.url}{stage.trace_path}")).to_be_visible()
            expect(page.locator(".trace-id").first).to_be_visible()
        stage.start_over(browse())


def test_decision_and_trace_id_are_printed(stage: Stage) -> None:
    reach(STATES["eligible"], stage)

    stage.customer.page.emulate_media(media="print", color_scheme="dark")

    for words in ("Eligible under P-7", "What was not checked", "invoice-sync", "Disable the old key"):
        expect(stage.customer.page.get_by_text(words).first).to_be_visible()
    expect(stage.customer.page.locator(".trace-id")).to_be_visible()
    expect(stage.customer.page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
