"""How every state looks: light and dark, on a narrow phone and a wide screen."""

from itertools import product
from typing import Literal

import pytest
from playwright.sync_api import Page

from tests.browser.axe import violations
from tests.browser.states import STATES, Stage, reach

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
WIDTHS = (320, 1280)


def faults_of(page: Page, scheme: Scheme, width: int) -> list[str]:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    # The width of <html> is what the window leaves beside the room of its scroll bar.
    overflow = page.evaluate("(({scrollWidth, offsetWidth}) => scrollWidth - offsetWidth)(document.documentElement)")
    faults = violations(page) + ([f"{overflow} px too wide"] if overflow else [])
    return [f"{scheme}, {width} px: {fault}" for fault in faults]


@pytest.mark.parametrize("name", STATES)
def test_a_state_is_accessible_and_fits(stage: Stage, name: str) -> None:
    reach(STATES[name], stage)

    assert [fault for look in product(SCHEMES, WIDTHS) for fault in faults_of(stage.customer.page, *look)] == []
