"""A server that goes away and comes back: the text stays, the page finds out, and one submission stays one row."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.customer import Customer
from tests.browser.line import Line
from tests.browser.states import STATES, Stage, reach
from tests.conftest import REPORT
from tests.fakes import FakeProvider
from traces.models import TraceRecord

DEAD_LINE = "ERR_CONNECTION_RE|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED"
LOST = "The service does not answer"
LONG_MS = 15_000


def lose_the_answer(stage: Stage, distant: Customer, line: Line) -> None:
    """Cut the line while the provider is asked, so that the report arrived and nobody heard what became of it."""
    stage.watch.expect(DEAD_LINE)
    stage.hold_provider()
    distant.send()
    stage.hold.wait_until_asked()
    line.cut()
    expect(distant.progress).to_contain_text(LOST)


def test_the_text_stays_while_the_server_is_away(stage: Stage, distant: Customer, line: Line) -> None:
    lose_the_answer(stage, distant, line)

    expect(distant.report).to_have_value(REPORT)
    expect(distant.button).to_have_attribute("aria-disabled", "true")
    expect(distant.progress).to_contain_text("your text is still in the form")


def test_a_decision_made_meanwhile_is_found(stage: Stage, distant: Customer, line: Line) -> None:
    lose_the_answer(stage, distant, line)
    stage.hold.release()

    line.mend()

    expect(distant.page.get_by_role("heading", level=1)).to_have_text("Eligible under P-7", timeout=LONG_MS)
    assert distant.path == stage.trace_path
    assert (TraceRecord.objects.count(), len(stage.provider.calls)) == (1, 1)


def test_a_decision_that_still_runs_is_waited_for(stage: Stage, distant: Customer, line: Line) -> None:
    lose_the_answer(stage, distant, line)

    line.mend()
    expect(distant.progress).to_contain_text("Checking policy P-7…", timeout=LONG_MS)
    stage.hold.release()

    expect(distant.page.get_by_role("heading", level=1)).to_have_text("Eligible under P-7", timeout=LONG_MS)
    assert (TraceRecord.objects.count(), len(stage.provider.calls)) == (1, 1)


def test_a_failure_met_meanwhile_keeps_the_text(stage: Stage, distant: Customer, line: Line) -> None:
    stage.provider.says = TimeoutError()
    lose_the_answer(stage, distant, line)
    stage.hold.release()

    line.mend()

    expect(distant.page.locator("main .problem")).to_contain_text(
        "Decision unavailable; retry safely.", timeout=LONG_MS
    )
    expect(distant.report).to_have_value(REPORT)
    assert (TraceRecord.objects.count(), len(stage.provider.calls)) == (1, 1)


def test_a_report_that_never_arrived_is_sent_again_under_its_key(stage: Stage, distant: Customer, line: Line) -> None:
    stage.watch.expect(DEAD_LINE)
    distant.open()
    distant.fill()
    key = distant.key
    line.cut()
    distant.button.click()
    expect(distant.progress).to_contain_text(LOST)

    line.mend()
    expect(distant.progress).to_contain_text("Your report seems not to have arrived.", timeout=LONG_MS)
    expect(distant.report).to_have_value(REPORT)
    assert (distant.key, TraceRecord.objects.count()) == (key, 0)
    distant.button.click()

    expect(distant.page.get_by_role("heading", level=1)).to_have_text("Eligible under P-7")
    assert TraceRecord.objects.get().submission_key == key


def test_an_answer_lost_on_its_way_is_found(stage: Stage, distant: Customer, line: Line) -> None:
    stage.watch.expect(DEAD_LINE)
    distant.open()
    distant.fill()
    line.drop_answers = True
    distant.button.click()
    expect(distant.progress).to_contain_text(LOST)

    line.drop_answers = False

    expect(distant.page.get_by_role("heading", level=1)).to_have_text("Eligible under P-7", timeout=LONG_MS)
    assert (TraceRecord.objects.count(), len(stage.provider.calls)) == (1, 1)


def test_a_page_that_waits_for_its_decision_goes_on_waiting(stage: Stage, distant: Customer, line: Line) -> None:
    stage.watch.expect(DEAD_LINE)
    reach(STATES["running"], Stage(distant, stage.provider, stage.hold, stage.watch))
    line.cut()
    expect(distant.progress).to_contain_text(LOST)
    stage.hold.release()

    line.mend()

    expect(distant.page.get_by_role("heading", level=1)).to_have_text("Eligible under P-7", timeout=LONG_MS)


def test_a_gateway_without_a_server_is_a_lost_connection(
    stage: Stage, distant: Customer, provider: FakeProvider
) -> None:
    stage.watch.expect("status of 502", DEAD_LINE)
    distant.open()
    distant.fill()
    distant.page.route("**/", lambda route: route.fulfill(status=502, body="Bad gateway"))

    distant.button.click()

    expect(distant.progress).to_contain_text(LOST)


def test_the_seconds_and_the_trace_id_survive_a_lost_line(stage: Stage, distant: Customer, line: Line) -> None:
    lose_the_answer(stage, distant, line)
    TraceRecord.objects.update(started_at=timezone.now() - timedelta(seconds=12))

    line.mend()

    expect(distant.progress.locator(".trace-id")).to_have_text(
        stage.trace_path.removeprefix("/rotation/"), timeout=LONG_MS
    )
    assert int(distant.progress.locator("[data-elapsed]").inner_text()) >= 12
    assert distant.path == stage.trace_path


def test_the_seconds_do_not_jump_when_the_line_is_lost(stage: Stage, distant: Customer, line: Line) -> None:
    stage.watch.expect(DEAD_LINE)
    reach(STATES["running"], Stage(distant, stage.provider, stage.hold, stage.watch))
    line.cut()
    expect(distant.progress).to_contain_text(LOST)

    samples = []
    for _ in range(8):
        samples.append(int(distant.page.inner_text("[data-elapsed]")))
        distant.page.wait_for_timeout(400)

    assert samples == sorted(samples)


def test_an_earlier_problem_does_not_stand_above_a_new_attempt(stage: Stage) -> None:
    reach(STATES["failed"], stage)
    expect(stage.customer.page.locator("main > .problem")).to_be_visible()
    stage.hold_provider()

    stage.customer.button.click()

    expect(stage.customer.progress).to_contain_text("Checking policy P-7…")
    expect(stage.customer.page.locator("main > .problem")).to_have_count(0)
    assert not stage.customer.page.title().startswith("Error")
