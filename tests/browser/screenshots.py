"""
Capture every state of each workflow into docs/screenshots/: `make screenshots`.

The file name does not match pytest's pattern, so that no run of the tests writes there.
"""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from decisions import navigation
from tests.browser.conftest import Browse
from tests.browser.customer import Customer
from tests.browser.members import signed_in_member
from tests.browser.samples import ROTATION_SAMPLE, SAMPLES, Sample
from tests.browser.states import Stage, reach, states_of
from tests.browser.test_traces import sign_in
from tests.fakes import FakeProvider

FOLDER = Path(__file__).parents[2] / "docs/screenshots"
SCREEN: dict[str, Any] = {"viewport": {"width": 720, "height": 540}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 600}}
# More pictures of some states, besides the one on a light screen.
MORE_LOOKS = {
    "dark": (SCREEN | {"color_scheme": "dark"}, ("eligible", "completed", "failed", "question refused")),
    "phone": (PHONE, ("idle", "running in the form", "failed", "eligible", "completed", "needs review")),
    "phone-dark": (PHONE | {"color_scheme": "dark"}, ("failed and left", "person has looked")),
}
MEMBERS_LOOKS: dict[str, dict[str, Any]] = {
    "": SCREEN,
    "-dark": SCREEN | {"color_scheme": "dark"},
    "-phone": PHONE,
    "-phone-dark": PHONE | {"color_scheme": "dark"},
}
# Replace what differs from run to run.
FIXED_VALUES = """
for (const each of document.querySelectorAll(".trace-id")) {
  each.textContent = each.textContent.trim().replace(/_[0-9a-z]{26}/, "_0123456789abcdefghjkmnpqrs");
}
for (const each of document.querySelectorAll("[data-elapsed]")) each.textContent = "3";
for (const each of document.querySelectorAll("time")) {
  each.textContent = each.textContent.includes(":") ? "1 November 2026, 12:00:00 UTC" : "1 November 2026";
}
for (const each of document.querySelectorAll("[data-detail]")) {
  each.textContent = each.textContent.replace(/\\d+ [A-Z][a-z]+ \\d{4}/, "1 November 2026");
}
"""


def capture(page: Page, file: Path) -> None:
    """Capture the window, or the whole page of a result."""
    page.evaluate(FIXED_VALUES)
    whole = page.locator(".verdict, .rows").count() > 0
    page.screenshot(path=file, full_page=whole)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.workflow.name, indirect=True)
def test_every_state_is_captured(browse: Browse, stage: Stage, sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    # Without the workflow that only the tests have.
    monkeypatch.setattr(navigation, "workflows", lambda: [each.workflow for each in SAMPLES])
    states, folder = states_of(sample), FOLDER / sample.workflow.name
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()

    pictures = [(name, "", SCREEN) for name in states]
    for look, (options, names) in MORE_LOOKS.items():
        pictures += [(name, f"-{look}", options) for name in names if name in states]
    for name, suffix, options in pictures:
        stage.start_over(browse(**options))
        reach(states[name], stage)
        capture(stage.customer.page, folder / f"{name.replace(' ', '-')}{suffix}.png")

    assert len(list(folder.glob("*.png"))) == len(pictures)


def test_members_pages_are_captured(
    browse: Browse, site: str, provider: FakeProvider, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(navigation, "workflows", lambda: [each.workflow for each in SAMPLES])
    settings.ACCESS = "members"
    folder = FOLDER / "members"
    folder.mkdir(parents=True, exist_ok=True)
    member, customers = signed_in_member(requests=8), {}

    for look, options in MEMBERS_LOOKS.items():
        customer = Customer(browse(**options), site, ROTATION_SAMPLE)
        sign_in(customer.page, site, member)
        customer.open("/mine")
        capture(customer.page, folder / f"mine{look}.png")
        customers[look] = customer
    for look, customer in customers.items():
        customer.send(account_id="51170")
        expect(customer.page.get_by_label("Item")).to_be_focused()
        capture(customer.page, folder / f"labels{look}.png")
