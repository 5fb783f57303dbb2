"""Every state is accessible and fits its window: light and dark, on a narrow phone and a wide screen."""

import pytest
from playwright.sync_api import Page

from tests.browser.axe import faults_in_every_look
from tests.browser.conftest import Browse
from tests.browser.samples import every_workflow
from tests.browser.states import Stage, reach, states_of

# An id of two lines has two rectangles or, as a block, a high one.
BROKEN_IDS = """
[...document.querySelectorAll(".trace-id")].filter(
  (each) => each.getClientRects().length > 1 || each.offsetHeight > 2 * parseFloat(getComputedStyle(each).fontSize)
).map((each) => each.outerHTML)
"""


def broken_ids(page: Page) -> list[str]:
    """Return the ids that do not fit in one line of a window of 320 px with a scroll bar."""
    page.set_viewport_size({"width": 302, "height": 800})
    broken: list[str] = page.evaluate(BROKEN_IDS)
    return broken


@every_workflow
def test_every_state_is_accessible_and_fits(browse: Browse, stage: Stage, subtests: pytest.Subtests) -> None:
    for name, state in states_of(stage.sample).items():
        with subtests.test(name):
            reach(state, stage)
            assert faults_in_every_look(stage.customer.page) == []
            assert broken_ids(stage.customer.page) == []
        stage.start_over(browse())
