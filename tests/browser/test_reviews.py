"""A customer asks a person, a reviewer finds the request in the queue and reviews it, the customer reads the review."""

import re

import pytest
from playwright.sync_api import Page, expect

from operators.review_queue import queue_address
from rotation.words import REVIEW
from tests.browser.axe import faults_in_every_look
from tests.browser.conftest import Browse
from tests.browser.customer import Customer
from tests.browser.monitor import Monitor
from tests.browser.states import STATES, Stage, reach
from tests.browser.test_traces import sign_in
from tests.fakes import FakeProvider, answer
from tests.operators.reviewing import PERMISSIONS, operator, signed_in


@pytest.fixture
def reviewer(browse: Browse, site: str) -> Page:
    page = browse()
    sign_in(page, site, signed_in(operator("ada", (*PERMISSIONS, "view_reviewrequest"))))
    return page


@pytest.mark.parametrize("with_script", [True, False], ids=["with script", "without script"])
def test_question_is_asked_reviewed_and_read_back(
    browse: Browse, site: str, reviewer: Page, provider: FakeProvider, monitor: Monitor, *, with_script: bool
) -> None:
    provider.says = answer("needs_review")
    customer = Customer(browse(java_script_enabled=with_script), site)
    customer.send()
    customer.page.get_by_label("Note (optional)").fill("Is the blue loader meant?")
    customer.page.get_by_role("button", name="Ask a person").press("Enter")
    expect(customer.page.get_by_text("A person will look; come back to this page")).to_be_visible()
    if with_script:
        expect(customer.page.get_by_role("heading", name="A person was asked to look")).to_be_focused()

    faults = _review(reviewer, site, monitor)
    customer.page.reload()

    for words in (
        REVIEW.outcomes["rotation_supported"],
        REVIEW.reasons["confirmed_by_owner"],
        "Needs review under P-7",
    ):
        expect(customer.page.locator("main")).to_contain_text(words)
    assert faults == []


def _review(page: Page, site: str, monitor: Monitor) -> list[str]:
    """Review the oldest request of the queue. Return what axe finds on the way."""
    page.goto(site + queue_address())
    faults = faults_in_every_look(page)
    page.locator(".field-trace a").first.click()
    expect(page.get_by_text("Is the blue loader meant?")).to_be_visible()
    seen = len(monitor.notes)
    faults += faults_in_every_look(page)
    # Only axe's own notes: it tries to inline what the admin's forms.css imports.
    del monitor.notes[seen:]
    page.get_by_label(REVIEW.outcomes["rotation_supported"]).check()
    page.get_by_label("Reason").select_option("confirmed_by_owner")
    page.get_by_role("button", name="Store this review").click()
    expect(page.get_by_text("Review 1 is stored.")).to_be_visible()
    page.get_by_role("link", name="See what else waits for a review").click()
    expect(page.get_by_text("No request is waiting for a review.")).to_be_visible()
    return faults + faults_in_every_look(page)


def test_refused_note_has_the_focus_and_says_why(stage: Stage) -> None:
    reach(STATES["question refused"], stage)

    note = stage.customer.page.get_by_label("Note (optional)")
    expect(note).to_be_focused()
    expect(note).to_have_value("The key is sk-" + "q7" * 20)
    expect(note).to_have_attribute("aria-invalid", "true")
    expect(note).to_have_accessible_description(
        re.compile("Reviewers of this service.*Line 1 of this text looks like the key of a model provider")
    )


def test_what_a_person_found_is_printed_and_the_question_is_not(stage: Stage) -> None:
    page = stage.customer.page
    for state, shown in (("needs review", False), ("person asked", True), ("person has looked", True)):
        reach(STATES[state], stage)
        page.emulate_media(media="print")
        assert page.locator("#review-title").is_visible() == shown, state
        assert page.locator("form").first.is_hidden() if page.locator("form").count() else True
        page.emulate_media(media="screen")
