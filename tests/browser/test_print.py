"""On paper there is what was decided, and nothing to press."""

import pytest
from playwright.sync_api import expect

from tests.browser.states import STATES, Stage, reach


@pytest.mark.parametrize("name", ["eligible", "failed and left", "failed"])
def test_nothing_to_press_is_printed(stage: Stage, name: str) -> None:
    reach(STATES[name], stage)

    stage.customer.page.emulate_media(media="print")

    pressed = stage.customer.page.locator("form, button, .button, .skip-link").all()
    assert [each for each in pressed if each.is_visible()] == []


def test_the_verdict_its_ground_and_its_trace_id_are_printed(stage: Stage) -> None:
    reach(STATES["eligible"], stage)

    stage.customer.page.emulate_media(media="print", color_scheme="dark")

    for words in ("Eligible under P-7", "What was not checked", "invoice-sync", "Disable the old key"):
        expect(stage.customer.page.get_by_text(words).first).to_be_visible()
    expect(stage.customer.page.locator(".trace-id")).to_be_visible()
    expect(stage.customer.page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
