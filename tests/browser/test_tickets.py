"""What the page of a ticket has of its own: a summary to copy, an answer to give once, and an end."""

import pytest
from playwright.sync_api import expect

from decisions.registry import workflows
from tests.browser.samples import TICKETS_SAMPLE
from tests.browser.states import TICKET_STATES, Stage, reach
from tests.browser.test_keyboard import tab
from tests.tickets.conftest import ANSWER
from tickets.words import FEEDBACK
from traces.feedback import Feedback
from traces.models import TraceRecord

pytestmark = pytest.mark.parametrize("sample", [TICKETS_SAMPLE], indirect=True, ids=["tickets"])


@pytest.fixture
def completed(stage: Stage) -> Stage:
    reach(TICKET_STATES["completed"], stage)
    return stage


def test_summary_and_task_id_are_copied(completed: Stage, subtests: pytest.Subtests) -> None:
    address = completed.customer.page.url
    copied = {
        "Copy the summary": ANSWER["summary"],
        "Copy the task id": completed.sample.workflow.shown_id(TraceRecord.objects.get().trace_id),
    }
    for name, text in copied.items():
        with subtests.test(name):
            completed.customer.page.goto(address)
            button = completed.customer.page.get_by_role("button", name=name)
            button.press("Enter")
            expect(button.locator("xpath=following-sibling::*[@role='status']")).to_have_text("Copied")
            completed.customer.open()
            completed.customer.report.press("Control+V")
            expect(completed.customer.report).to_have_value(text)


def test_tab_reaches_every_control_of_a_ticket_in_order(completed: Stage) -> None:
    completed.customer.page.reload()
    links = [workflow.words.title for workflow in workflows()]
    controls = ["copy scripted", "copy scripted", *FEEDBACK.values(), "Start a new request"]

    order = [tab(completed.customer) for _ in ["skip-link", "site-name", *links, *controls]]

    assert order == ["skip-link", "site-name", *links, *controls]


def test_answer_is_given_from_the_keyboard_and_shown(completed: Stage) -> None:
    page = completed.customer.page

    page.get_by_role("button", name="The priority is wrong").press("Enter")

    expect(page.get_by_text("You have answered: The priority is wrong.")).to_be_in_viewport()
    expect(page.get_by_role("heading", name="Is this ticket right?")).to_be_focused()
    assert Feedback.objects.get().verdict == "priority_wrong"


def test_second_click_on_an_answer_changes_nothing(completed: Stage) -> None:
    completed.customer.page.get_by_role("button", name="It is right").dblclick()

    expect(completed.customer.page.get_by_text("You have answered: It is right.")).to_be_visible()
    assert Feedback.objects.get().verdict == "right"


def test_answer_is_given_without_script(stage_without_script: Stage) -> None:
    reach(TICKET_STATES["completed"], stage_without_script)

    stage_without_script.customer.page.get_by_role("button", name="The category is wrong").click()

    expect(stage_without_script.customer.page.get_by_text("You have answered: The category is wrong.")).to_be_visible()


def test_readings_of_the_priority_are_shown(stage: Stage) -> None:
    reach(TICKET_STATES["completed with readings"], stage)

    expect(stage.customer.page.locator("main")).to_contain_text("because it affects one person and it stops them")


def test_deleted_ticket_says_when_it_was_made(stage: Stage) -> None:
    reach(TICKET_STATES["gone"], stage)

    made_at = TraceRecord.objects.get().finished_at
    expect(stage.customer.page.locator("main")).to_contain_text(f"made on {made_at:%-d %B %Y}")
    expect(stage.customer.page.locator("main")).not_to_contain_text(ANSWER["summary"])
