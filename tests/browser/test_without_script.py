"""The page without script: every state that does not need it is there, and nothing is shown that would need it."""

import pytest
from playwright.sync_api import expect

from tests.browser.states import STATES, Stage, reach
from tests.fakes import answer

WITHOUT_SCRIPT = [name for name, state in STATES.items() if not state.scripted]


@pytest.mark.parametrize("name", WITHOUT_SCRIPT)
def test_a_state_is_reached(plain: Stage, name: str) -> None:
    reach(STATES[name], plain)

    scripted = plain.customer.page.locator(".scripted").all()
    assert [each for each in scripted if each.is_visible()] == []


def test_a_running_decision_is_asked_for_again_by_hand(plain: Stage) -> None:
    reach(STATES["running"], plain)
    plain.hold.release()

    plain.customer.page.get_by_role("link", name="Check again").click()

    expect(plain.customer.page.get_by_role("heading", level=1)).to_have_text("Eligible under P-7")


def test_a_failure_keeps_the_text_and_is_retried(plain: Stage) -> None:
    reach(STATES["failed"], plain)
    plain.provider.says = answer("eligible")

    plain.customer.button.click()

    expect(plain.customer.page.get_by_role("heading", level=1)).to_have_text("Eligible under P-7")


def test_a_problem_takes_the_focus(plain: Stage) -> None:
    reach(STATES["invalid"], plain)

    expect(plain.customer.page.locator(".problem")).to_be_focused()
