"""Nothing on the page jumps when one state follows another."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.states import STATES, Stage, reach

WATCH_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => shifts.push(...list.getEntries().map((entry) => entry.value)))
    .observe({ type: "layout-shift", buffered: true });
"""
WIDTHS = (320, 1280)


@pytest.fixture(params=WIDTHS)
def watched(request: pytest.FixtureRequest, stage: Stage) -> Stage:
    stage.customer.page.set_viewport_size({"width": request.param, "height": 800})
    stage.customer.page.add_init_script(WATCH_SHIFTS)
    return stage


def shift(page: Page) -> float:
    """Sum every shift up, those shortly after a key or click too."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)))")
    shifts: list[float] = page.evaluate("shifts")
    return sum(shifts)


def run_from_the_form(stage: Stage) -> None:
    reach(STATES["running in the form"], stage)
    expect(stage.customer.progress.locator(".trace-id")).to_be_visible()


def run_on_its_own_page(stage: Stage) -> None:
    reach(STATES["running"], stage)


@pytest.mark.parametrize("run", [run_from_the_form, run_on_its_own_page])
def test_a_decision_shifts_nothing(watched: Stage, run: Callable[[Stage], None]) -> None:
    run(watched)
    watched.hold.release()
    expect(watched.customer.page.get_by_role("heading", level=1)).to_have_text("Eligible under P-7")

    assert shift(watched.customer.page) == 0


def test_a_failure_shifts_nothing(watched: Stage) -> None:
    watched.provider.says = TimeoutError()
    run_from_the_form(watched)
    watched.hold.release()
    expect(watched.customer.page.locator("main .problem")).to_be_visible()

    assert shift(watched.customer.page) == 0


def test_a_shift_would_be_seen(watched: Stage) -> None:
    watched.customer.open()
    watched.customer.page.wait_for_timeout(100)

    watched.customer.page.evaluate("document.querySelector('main').prepend('x'.repeat(3000))")

    assert shift(watched.customer.page) > 0
