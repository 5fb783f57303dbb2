"""
Capture every state into docs/screenshots/: `make screenshots`.

The file name does not match pytest's pattern, so that no run of the tests writes there.
"""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.browser.conftest import Browse
from tests.browser.states import STATES, Stage, reach

FOLDER = Path(__file__).parents[2] / "docs/screenshots"
SCREEN: dict[str, Any] = {"viewport": {"width": 720, "height": 540}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 600}}
# More pictures of some states, besides the one on a light screen.
MORE_LOOKS = {
    "dark": (SCREEN | {"color_scheme": "dark"}, ("eligible", "failed")),
    "phone": (PHONE, ("idle", "running in the form", "failed", "eligible")),
    "phone-dark": (PHONE | {"color_scheme": "dark"}, ("failed and left",)),
}
# Replace what differs from run to run.
FIXED_VALUES = """
for (const each of document.querySelectorAll(".trace-id")) each.textContent = "trace_0123456789abcdefghjkmnpqrs";
for (const each of document.querySelectorAll("[data-elapsed]")) each.textContent = "3";
for (const each of document.querySelectorAll("time")) each.textContent = "1 November 2026, 12:00:00 UTC";
"""


def capture(page: Page, name: str, suffix: str) -> None:
    """Capture the window, or the whole page of a decision."""
    page.evaluate(FIXED_VALUES)
    whole = page.locator("#checked-title").count() > 0
    page.screenshot(path=FOLDER / f"{name.replace(' ', '-')}{suffix}.png", full_page=whole)


def test_every_state_is_captured(browse: Browse, stage: Stage) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()

    pictures = [(name, "", SCREEN) for name in STATES]
    pictures += [(name, f"-{look}", options) for look, (options, names) in MORE_LOOKS.items() for name in names]
    for name, suffix, options in pictures:
        stage.start_over(browse(**options))
        reach(STATES[name], stage)
        capture(stage.customer.page, name, suffix)

    assert len(list(FOLDER.glob("*.png"))) == len(pictures)
