"""Content does not shift when the page changes its state."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.samples import every_workflow
from tests.browser.states import Stage, reach, states_of

RECORD_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => shifts.push(...list.getEntries().map((entry) => entry.value)))
    .observe({ type: "layout-shift", buffered: true });
"""
WIDTHS = (320, 1280)


@pytest.fixture(params=WIDTHS)
def stage_with_shifts(request: pytest.FixtureRequest, stage: Stage) -> Stage:
    stage.customer.page.set_viewport_size({"width": request.param, "height": 800})
    stage.customer.page.add_init_script(RECORD_SHIFTS)
    return stage


def shift(page: Page) -> float:
    """Sum all layout shifts, including those right after a key press or click."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)))")
    shifts: list[float] = page.evaluate("shifts")
    return sum(shifts)


def run_from_the_form(stage: Stage) -> None:
    reach(states_of(stage.sample)["running in the form"], stage)
    expect(stage.customer.progress.locator(".trace-id")).to_be_visible()


def run_on_its_own_page(stage: Stage) -> None:
    reach(states_of(stage.sample)["running"], stage)


@every_workflow
@pytest.mark.parametrize("run", [run_from_the_form, run_on_its_own_page])
def test_decision_shifts_no_content(stage_with_shifts: Stage, run: Callable[[Stage], None]) -> None:
    run(stage_with_shifts)
    stage_with_shifts.pause.release()
    expect(stage_with_shifts.customer.title).to_have_text(stage_with_shifts.sample.completed)

    assert shift(stage_with_shifts.customer.page) == 0


@every_workflow
def test_queue_shifts_no_content(stage_with_shifts: Stage) -> None:
    reach(states_of(stage_with_shifts.sample)["queued"], stage_with_shifts)
    expect(stage_with_shifts.customer.page.locator("[data-countdown]")).to_have_text("3 s")

    assert shift(stage_with_shifts.customer.page) == 0


@every_workflow
def test_failure_shifts_no_content(stage_with_shifts: Stage) -> None:
    stage_with_shifts.provider.says = TimeoutError()
    run_from_the_form(stage_with_shifts)
    stage_with_shifts.pause.release()
    expect(stage_with_shifts.customer.page.locator("main .problem")).to_be_visible()

    assert shift(stage_with_shifts.customer.page) == 0


def test_shift_is_measured(stage_with_shifts: Stage) -> None:
    stage_with_shifts.customer.open()
    stage_with_shifts.customer.page.wait_for_timeout(100)

    stage_with_shifts.customer.page.evaluate("document.querySelector('main').prepend('x'.repeat(3000))")

    assert shift(stage_with_shifts.customer.page) > 0
