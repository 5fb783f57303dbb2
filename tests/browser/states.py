"""Every state that a customer can see, each as a function that leads there. `STATES` names them all."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.browser.customer import Customer
from tests.browser.monitor import Monitor
from tests.browser.pause import Pause
from tests.fakes import FakeProvider, answer
from traces.models import TraceRecord

OFFLINE = "ERR_INTERNET_DISCONNECTED"


@dataclass
class Stage:
    """What reaching a state needs: the customer, the provider behind the page, its pause and the monitor."""

    customer: Customer
    provider: FakeProvider
    pause: Pause
    monitor: Monitor

    def pause_provider(self) -> None:
        self.provider.meanwhile = self.pause

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
        self.customer = Customer(page, self.customer.url)
        self.pause = Pause()
        self.provider.says, self.provider.meanwhile = answer(), self.pause.release

    @property
    def trace_path(self) -> str:
        return f"/rotation/{TraceRecord.objects.latest('started_at').trace_id}"


@dataclass(frozen=True)
class State:
    """`heading` identifies a state. States that are `scripted` need script."""

    reach: Callable[[Stage], None]
    heading: str
    scripted: bool = False


FORM = "Describe stale service-account key"


def idle(stage: Stage) -> None:
    stage.customer.open()


def invalid(stage: Stage) -> None:
    stage.monitor.expect("status of 422")
    stage.customer.send("short", account_id="wrong")


def holding_a_secret(stage: Stage) -> None:
    stage.customer.open()
    stage.customer.fill("The stale key is sk-" + "q7" * 20)


def key_reused(stage: Stage) -> None:
    stage.monitor.expect("status of 422")
    stage.customer.open()
    key = stage.customer.key
    stage.customer.fill()
    stage.customer.button.click()
    stage.customer.page.wait_for_url("**/rotation/*")
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


def completed(decision: str) -> Callable[[Stage], None]:
    def reach(stage: Stage) -> None:
        stage.provider.says = answer(decision)
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
    stage.customer.page.get_by_role("link", name="Retry the decision").click()


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
    stage.customer.open("/?submission=never-seen-here")


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


STATES = {
    "idle": State(idle, FORM),
    "invalid": State(invalid, "There is a problem"),
    "holding a secret": State(holding_a_secret, FORM, scripted=True),
    "key reused": State(key_reused, "There is a problem"),
    "running in the form": State(running_in_the_form, "Checking policy P-7…", scripted=True),
    "running": State(running, "Checking policy P-7…"),
    "eligible": State(completed("eligible"), "Eligible under P-7"),
    "not eligible": State(completed("not_eligible"), "Not eligible under P-7"),
    "needs review": State(completed("needs_review"), "Needs review under P-7"),
    "failed": State(failed, "There is no decision"),
    "failed and left": State(failed_and_left, "There is no decision"),
    "failed and retried": State(failed_and_retried, FORM),
    "account unknown": State(account_unknown, "There is no decision"),
    "credential ambiguous": State(credential_ambiguous, "There is no decision"),
    "lost": State(lost, "The service does not answer", scripted=True),
    "lost while running": State(lost_while_running, "The service does not answer", scripted=True),
    "unsent": State(unsent, "There is no decision", scripted=True),
    "never arrived": State(never_arrived, "No report was found"),
    "sent without cookies": State(sent_without_cookies, "There is a problem"),
    "forbidden": State(error_page("/forbidden", 403), "This was not allowed"),
    "not found": State(error_page("/nowhere", 404), "Page not found"),
    "too many requests": State(error_page("/too-many", 429), "Too many requests just now"),
    "broken": State(error_page("/broken", 500), "Sorry, there is a problem with the service"),
}


def reach(state: State, stage: Stage) -> None:
    """Lead the page to a state and expect its heading."""
    state.reach(stage)
    # Wait for the stylesheet.
    stage.customer.page.wait_for_load_state()
    heading = stage.customer.page.get_by_role("heading", name=state.heading, exact=True)
    expect(heading).to_be_visible(timeout=10_000)
