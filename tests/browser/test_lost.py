"""The server is unreachable for a while: the text stays, the page finds the result, and there is one row."""

from dataclasses import replace
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.customer import Customer
from tests.browser.relay import Relay
from tests.browser.samples import every_workflow
from tests.browser.states import STATES, Stage, reach, states_of
from tests.fakes import FakeProvider
from traces.models import TraceRecord

CONNECTION_ERRORS = "ERR_CONNECTION_RE|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED"
LOST = "The service does not answer"
LONG_MS = 15_000


def cut_before_the_response(stage: Stage, remote_customer: Customer, relay: Relay) -> None:
    """Cut the connection after the report has arrived and before its response."""
    stage.monitor.expect(CONNECTION_ERRORS)
    stage.pause_provider()
    remote_customer.send()
    stage.pause.wait_until_asked()
    relay.cut()
    expect(remote_customer.progress).to_contain_text(LOST)


@every_workflow
def test_text_stays_while_the_server_is_unreachable(stage: Stage, remote_customer: Customer, relay: Relay) -> None:
    cut_before_the_response(stage, remote_customer, relay)

    expect(remote_customer.report).to_have_value(stage.sample.text)
    expect(remote_customer.button).to_have_attribute("aria-disabled", "true")
    expect(remote_customer.progress).to_contain_text("your text is still in the form")


@every_workflow
def test_decision_made_during_an_outage_is_found(stage: Stage, remote_customer: Customer, relay: Relay) -> None:
    cut_before_the_response(stage, remote_customer, relay)
    stage.pause.release()

    relay.restore()

    expect(remote_customer.title).to_have_text(stage.sample.completed, timeout=LONG_MS)
    assert remote_customer.path == stage.trace_path
    assert (TraceRecord.objects.count(), len(stage.provider.calls)) == (1, 1)


def test_decision_that_still_runs_is_awaited(stage: Stage, remote_customer: Customer, relay: Relay) -> None:
    cut_before_the_response(stage, remote_customer, relay)

    relay.restore()
    expect(remote_customer.progress).to_contain_text("Checking policy P-7…", timeout=LONG_MS)
    stage.pause.release()

    expect(remote_customer.title).to_have_text(stage.sample.completed, timeout=LONG_MS)
    assert (TraceRecord.objects.count(), len(stage.provider.calls)) == (1, 1)


@every_workflow
def test_failure_during_an_outage_keeps_the_text(stage: Stage, remote_customer: Customer, relay: Relay) -> None:
    stage.provider.says = TimeoutError()
    cut_before_the_response(stage, remote_customer, relay)
    stage.pause.release()

    relay.restore()

    expect(remote_customer.page.locator("main .problem")).to_contain_text(
        stage.sample.workflow.sentences["provider_timeout"], timeout=LONG_MS
    )
    expect(remote_customer.report).to_have_value(stage.sample.text)
    assert (TraceRecord.objects.count(), len(stage.provider.calls)) == (1, 1)


@every_workflow
def test_lost_report_is_sent_again_under_its_key(stage: Stage, remote_customer: Customer, relay: Relay) -> None:
    stage.monitor.expect(CONNECTION_ERRORS)
    remote_customer.open()
    remote_customer.fill()
    key = remote_customer.key
    relay.cut()
    remote_customer.button.click()
    expect(remote_customer.progress).to_contain_text(LOST)

    relay.restore()
    expect(remote_customer.progress).to_contain_text(
        f"Your {stage.sample.workflow.words.report} seems not to have arrived.", timeout=LONG_MS
    )
    expect(remote_customer.report).to_have_value(stage.sample.text)
    assert (remote_customer.key, TraceRecord.objects.count()) == (key, 0)
    remote_customer.button.click()

    expect(remote_customer.title).to_have_text(stage.sample.completed)
    assert TraceRecord.objects.get().submission_key == key


def test_lost_response_is_found(stage: Stage, remote_customer: Customer, relay: Relay) -> None:
    stage.monitor.expect(CONNECTION_ERRORS)
    remote_customer.open()
    remote_customer.fill()
    relay.drop_responses = True
    remote_customer.button.click()
    expect(remote_customer.progress).to_contain_text(LOST)

    relay.drop_responses = False

    expect(remote_customer.title).to_have_text(stage.sample.completed, timeout=LONG_MS)
    assert (TraceRecord.objects.count(), len(stage.provider.calls)) == (1, 1)


@every_workflow
def test_page_of_a_running_decision_survives_an_outage(stage: Stage, remote_customer: Customer, relay: Relay) -> None:
    stage.monitor.expect(CONNECTION_ERRORS)
    reach(states_of(stage.sample)["running"], replace(stage, customer=remote_customer))
    relay.cut()
    expect(remote_customer.progress).to_contain_text(LOST)
    stage.pause.release()

    relay.restore()

    expect(remote_customer.title).to_have_text(stage.sample.completed, timeout=LONG_MS)


def test_bad_gateway_is_a_lost_connection(stage: Stage, remote_customer: Customer, provider: FakeProvider) -> None:
    stage.monitor.expect("status of 502", CONNECTION_ERRORS)
    remote_customer.open()
    remote_customer.fill()
    remote_customer.page.route("**/", lambda route: route.fulfill(status=502, body="Bad gateway"))

    remote_customer.button.click()

    expect(remote_customer.progress).to_contain_text(LOST)


def test_elapsed_seconds_and_trace_id_survive_an_outage(stage: Stage, remote_customer: Customer, relay: Relay) -> None:
    cut_before_the_response(stage, remote_customer, relay)
    TraceRecord.objects.update(started_at=timezone.now() - timedelta(seconds=12))

    relay.restore()

    expect(remote_customer.progress.locator(".trace-id")).to_have_text(
        stage.trace_path.removeprefix("/rotation/"), timeout=LONG_MS
    )
    assert int(remote_customer.progress.locator("[data-elapsed]").inner_text()) >= 12
    assert remote_customer.path == stage.trace_path


def test_elapsed_seconds_do_not_jump_in_an_outage(stage: Stage, remote_customer: Customer, relay: Relay) -> None:
    stage.monitor.expect(CONNECTION_ERRORS)
    reach(states_of(stage.sample)["running"], replace(stage, customer=remote_customer))
    relay.cut()
    expect(remote_customer.progress).to_contain_text(LOST)

    samples = []
    for _ in range(8):
        samples.append(int(remote_customer.page.inner_text("[data-elapsed]")))
        remote_customer.page.wait_for_timeout(400)

    assert samples == sorted(samples)


def test_new_attempt_removes_the_earlier_problem(stage: Stage) -> None:
    reach(STATES["failed"], stage)
    expect(stage.customer.page.locator("main > .problem")).to_be_visible()
    stage.pause_provider()

    stage.customer.button.click()

    expect(stage.customer.progress).to_contain_text("Checking policy P-7…")
    expect(stage.customer.page.locator("main > .problem")).to_have_count(0)
    assert not stage.customer.page.title().startswith("Error")
