"""Every state that a customer can see, each as a function that leads there. `states_of` names those of a workflow."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django import Settings

from access import admission
from tests.browser.customer import Customer
from tests.browser.monitor import Monitor
from tests.browser.pause import Pause
from tests.browser.samples import ROTATION_SAMPLE, TICKETS_SAMPLE, Sample
from tests.fakes import FakeProvider, answer
from tests.operators.reviewing import review
from tests.tickets.conftest import ANSWER
from tickets.models import Ticket
from traces.models import TraceRecord

OFFLINE = "ERR_INTERNET_DISCONNECTED"
PLACES = 96
# Keeps what screen readers are told.
RECORD_ANNOUNCEMENTS = """
window.announced = [];
new MutationObserver(() => announced.push(announcement.textContent)).observe(announcement, { childList: true });
"""


@dataclass
class Stage:
    """What reaching a state needs: the customer, the provider behind the page, its pause and the monitor."""

    customer: Customer
    provider: FakeProvider
    pause: Pause
    monitor: Monitor
    settings: Settings

    def __post_init__(self) -> None:
        self.provider.says, self.provider.prompt_version = self.sample.answer, self.sample.prompt_version

    @property
    def sample(self) -> Sample:
        return self.customer.sample

    def pause_provider(self) -> None:
        self.provider.meanwhile = self.pause

    def take_every_place(self) -> None:
        """Let a decision of another tab hold the only place until the pause ends."""
        # An earlier decision may still hold a place. It gives it back to where it was taken from.
        admission._places.cache_clear()
        self.settings.DECISIONS_IN_FLIGHT = 1
        self.monitor.expect("status of 503")
        self.pause_provider()
        other = Customer(self.customer.page.context.new_page(), self.customer.url, self.sample)
        other.open()
        other.fill()
        other.button.click(no_wait_after=True)
        self.pause.wait_until_asked()

    def free_the_place(self) -> None:
        """End the pause, and wait until the place is free."""
        self.pause.release()
        with admission._decisions():
            pass

    def go_offline(self, *, offline: bool = True) -> None:
        self.monitor.expect(OFFLINE)
        self.customer.page.context.set_offline(offline)

    def start_over(self, page: Page) -> None:
        """Leave this state and go on in a new browser context. What the monitor may note starts over, too."""
        self.customer.page.context.close()
        assert self.monitor.unexpected() == []
        self.monitor.expected.clear()
        self.monitor.notes.clear()
        self.pause.release()
        self.customer = Customer(page, self.customer.url, self.sample)
        self.pause = Pause()
        self.provider.meanwhile = self.pause.release
        self.provider.says, self.provider.prompt_version = self.sample.answer, self.sample.prompt_version
        self.settings.DECISIONS_IN_FLIGHT = PLACES

    @property
    def trace_path(self) -> str:
        return self.sample.result_path(TraceRecord.objects.latest("started_at").trace_id)


@dataclass(frozen=True)
class State:
    """`heading` identifies a state. States that are `scripted` need script."""

    reach: Callable[[Stage], None]
    heading: str | re.Pattern[str]
    scripted: bool = False


QUEUED = re.compile(r"Queued: all places are taken; trying again in \d+ s")


def idle(stage: Stage) -> None:
    stage.customer.open()


def invalid(stage: Stage) -> None:
    stage.monitor.expect("status of 422")
    stage.customer.send(**stage.sample.wrong)


def holding_a_secret(stage: Stage) -> None:
    stage.customer.open()
    stage.customer.fill("The stale key is sk-" + "q7" * 20)


def key_reused(stage: Stage) -> None:
    stage.monitor.expect("status of 422")
    stage.customer.open()
    key = stage.customer.key
    stage.customer.fill()
    stage.customer.button.click()
    stage.customer.page.wait_for_url(stage.sample.results)
    stage.customer.open()
    stage.customer.set_key(key)
    stage.customer.fill("Another report under the key of the first.")
    stage.customer.button.click()


def running_in_the_form(stage: Stage) -> None:
    stage.pause_provider()
    stage.customer.send()


def running(stage: Stage) -> None:
    stage.pause_provider()
    stage.customer.open()
    stage.customer.fill()
    # Without script, a click would wait for the response.
    stage.customer.button.click(no_wait_after=True)
    stage.pause.wait_until_asked()
    stage.customer.open(stage.trace_path)


def queued(stage: Stage) -> None:
    stage.take_every_place()
    stage.customer.send()


def crowded(stage: Stage) -> None:
    """Send the form while every place is taken, without what the script does about it."""
    stage.take_every_place()
    stage.customer.open()
    stage.customer.fill()
    stage.customer.page.eval_on_selector("form[data-decide]", "(form) => form.submit()")


def completed(says: str, prompt_version: str | None = None) -> Callable[[Stage], None]:
    def reach(stage: Stage) -> None:
        stage.provider.says = says
        stage.provider.prompt_version = prompt_version or stage.sample.prompt_version
        stage.customer.send()

    return reach


def failed(stage: Stage) -> None:
    stage.provider.says = TimeoutError()
    stage.customer.send()


def failed_and_left(stage: Stage) -> None:
    failed(stage)
    expect(stage.customer.page.locator(".problem")).to_be_visible()
    stage.customer.open(stage.trace_path)


def failed_and_retried(stage: Stage) -> None:
    failed_and_left(stage)
    stage.customer.page.get_by_role("link", name=f"Retry the {stage.sample.workflow.words.result}").click()


def account_unknown(stage: Stage) -> None:
    stage.customer.send(account_id="acct_99999")


def credential_ambiguous(stage: Stage) -> None:
    stage.customer.send(account_id="acct_51170")


def lost(stage: Stage) -> None:
    stage.customer.open()
    stage.customer.fill()
    stage.go_offline()
    stage.customer.button.click()


def lost_while_running(stage: Stage) -> None:
    running(stage)
    stage.go_offline()


def unsent(stage: Stage) -> None:
    lost(stage)
    expect(stage.customer.progress).to_contain_text("The service does not answer")
    stage.go_offline(offline=False)


def never_arrived(stage: Stage) -> None:
    stage.customer.open(f"{stage.sample.path}?submission=never-seen-here")


def sent_without_cookies(stage: Stage) -> None:
    """Send the form as a browser without cookies does."""
    stage.monitor.expect("status of 403")
    stage.customer.open()
    stage.customer.fill()
    stage.customer.page.context.clear_cookies()
    stage.customer.page.eval_on_selector("form[data-decide]", "(form) => form.submit()")


def error_page(path: str, status: int) -> Callable[[Stage], None]:
    def reach(stage: Stage) -> None:
        stage.monitor.expect(f"status of {status}")
        stage.customer.open(path)

    return reach


def feedback_given(stage: Stage) -> None:
    stage.customer.send()
    stage.customer.page.get_by_role("button", name="The priority is wrong").click()


def gone(stage: Stage) -> None:
    """Come back to a ticket that was deleted."""
    stage.monitor.expect("status of 410")
    stage.customer.send()
    expect(stage.customer.title).to_have_text(stage.sample.completed)
    Ticket.objects.all().delete()
    stage.customer.page.reload()


def question_refused(stage: Stage) -> None:
    stage.monitor.expect("status of 422")
    completed(answer("needs_review"))(stage)
    stage.customer.page.get_by_label("Note (optional)").fill("The key is sk-" + "q7" * 20)
    stage.customer.page.get_by_role("button", name="Ask a person").click()


def person_asked(stage: Stage) -> None:
    completed(answer("needs_review"))(stage)
    stage.customer.page.get_by_label("Note (optional)").fill("Is the blue loader meant?")
    stage.customer.page.get_by_role("button", name="Ask a person").click()


def person_has_looked(stage: Stage) -> None:
    person_asked(stage)
    expect(stage.customer.page.get_by_text("A person will look")).to_be_visible()
    reviewer, _ = User.objects.get_or_create(username="reviewer")
    review(TraceRecord.objects.latest("started_at"), by=reviewer)
    stage.customer.page.reload()


def shared_states(sample: Sample) -> dict[str, State]:
    """Return the states that every workflow has."""
    return {
        "idle": State(idle, sample.form),
        "invalid": State(invalid, "There is a problem"),
        "holding a secret": State(holding_a_secret, sample.form, scripted=True),
        "key reused": State(key_reused, "There is a problem"),
        "queued": State(queued, QUEUED, scripted=True),
        "crowded": State(crowded, "There is a problem"),
        "running in the form": State(running_in_the_form, sample.running, scripted=True),
        "running": State(running, sample.running),
        "failed": State(failed, sample.no_result),
        "failed and left": State(failed_and_left, sample.no_result),
        "failed and retried": State(failed_and_retried, sample.form),
        "lost": State(lost, "The service does not answer", scripted=True),
        "lost while running": State(lost_while_running, "The service does not answer", scripted=True),
        "unsent": State(unsent, sample.no_result, scripted=True),
        "never arrived": State(never_arrived, f"No {sample.workflow.words.report} was found"),
        "sent without cookies": State(sent_without_cookies, "There is a problem"),
    }


STATES = shared_states(ROTATION_SAMPLE) | {
    "eligible": State(completed(answer("eligible")), "Eligible under P-7"),
    "not eligible": State(completed(answer("not_eligible")), "Not eligible under P-7"),
    "needs review": State(completed(answer("needs_review")), "Needs review under P-7"),
    "question refused": State(question_refused, "Ask a person"),
    "person asked": State(person_asked, "A person was asked to look"),
    "person has looked": State(person_has_looked, "A person has looked at this"),
    "account unknown": State(account_unknown, "There is no decision"),
    "credential ambiguous": State(credential_ambiguous, "There is no decision"),
    "forbidden": State(error_page("/forbidden", 403), "This was not allowed"),
    "not found": State(error_page("/nowhere", 404), "Page not found"),
    "too many requests": State(error_page("/too-many", 429), "Too many requests just now"),
    "broken": State(error_page("/broken", 500), "Sorry, there is a problem with the service"),
}
READINGS = {"quotes": ["charged 49.90 EUR twice"], "impact": "one", "urgency": "blocked", "instructs_reader": False}
WITH_READINGS = json.dumps(READINGS | {name: ANSWER[name] for name in ("category", "summary")})
TICKET_STATES = shared_states(TICKETS_SAMPLE) | {
    "completed": State(completed(TICKETS_SAMPLE.answer), TICKETS_SAMPLE.completed),
    "completed with readings": State(completed(WITH_READINGS, "ticket_extract@2"), TICKETS_SAMPLE.completed),
    "feedback given": State(feedback_given, TICKETS_SAMPLE.completed),
    "gone": State(gone, "This is no longer kept"),
}


def states_of(sample: Sample) -> dict[str, State]:
    return {"rotation": STATES, "tickets": TICKET_STATES}[sample.workflow.name]


def reach(state: State, stage: Stage) -> None:
    """Lead the page to a state and expect its heading."""
    state.reach(stage)
    # Wait for the stylesheet.
    stage.customer.page.wait_for_load_state()
    heading = stage.customer.page.get_by_role("heading", name=state.heading, exact=True)
    expect(heading).to_be_visible(timeout=10_000)
