"""While every place is taken, the page keeps the text and sends it again: announced once, and left at will."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import Browse
from tests.browser.customer import Customer
from tests.browser.pause import Pause
from tests.browser.relay import Relay
from tests.browser.samples import TICKETS_SAMPLE, every_workflow
from tests.browser.states import QUEUED, RECORD_ANNOUNCEMENTS, STATES, Stage, queued, reach, states_of
from tests.browser.test_lost import CONNECTION_ERRORS, LONG_MS, LOST
from traces.models import TraceRecord

TAKEN = "All places are taken; try again in 5 s."


def no_chance(page: Page, share: float = 0.0) -> None:
    """Let every pause get the same share of the most that chance may add to it."""
    page.add_init_script(f"Math.random = () => {share}")


def stop_clock(page: Page) -> None:
    """Move the page's clock a minute on, and let it stand."""
    page.clock.pause_at(page.evaluate("Date.now() / 1000 + 60"))


def sent_keys(page: Page) -> list[str]:
    """Return the submission keys of the forms that the page will have sent."""
    keys: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            keys.append(parse_qs(request.post_data or "")["submission_key"][0])

    page.on("request", note)
    return keys


def next_attempt(page: Page, act: Callable[[], object]) -> None:
    """Act, and wait until the form was sent and refused."""
    with page.expect_response(lambda response: response.request.method == "POST") as answered:
        act()
    assert answered.value.status == 503


def enter_queue(stage: Stage) -> None:
    reach(states_of(stage.sample)["queued"], stage)


@every_workflow
def test_queued_form_is_sent_again_under_its_key_until_it_is_decided(stage: Stage) -> None:
    keys = sent_keys(stage.customer.page)
    enter_queue(stage)
    own = stage.customer.key
    rows = TraceRecord.objects.count()
    expect(stage.customer.report).to_have_value(stage.sample.text)
    expect(stage.customer.button).to_have_attribute("aria-disabled", "true")
    expect(stage.customer.report).not_to_be_editable()

    stage.pause.release()

    expect(stage.customer.title).to_have_text(stage.sample.completed, timeout=LONG_MS)
    assert (rows, TraceRecord.objects.count(), len(stage.provider.calls)) == (1, 2, 2)
    assert TraceRecord.objects.filter(submission_key=own).exists()
    assert len(keys) > 1
    assert set(keys) == {own}
    assert stage.customer.path == stage.trace_path


@every_workflow
def test_queued_form_that_fails_shows_its_failure_with_the_text(stage: Stage) -> None:
    enter_queue(stage)
    stage.provider.says = TimeoutError()

    stage.pause.release()

    expect(stage.customer.page.locator("main > .problem")).to_contain_text(stage.sample.no_result, timeout=LONG_MS)
    expect(stage.customer.page.locator("main > .problem")).to_be_focused()
    expect(stage.customer.report).to_have_value(stage.sample.text)


def test_queued_form_that_gets_a_place_shows_that_it_runs(stage: Stage) -> None:
    enter_queue(stage)
    mine = Pause()
    stage.provider.meanwhile = mine

    stage.pause.release()

    expect(stage.customer.progress).to_contain_text(stage.sample.running, timeout=LONG_MS)
    expect(stage.customer.progress.locator(".trace-id")).to_have_text(TraceRecord.objects.latest("started_at").trace_id)
    mine.release()
    expect(stage.customer.title).to_have_text(stage.sample.completed)


def test_queue_is_announced_once(stage: Stage) -> None:
    page = stage.customer.page
    page.clock.install()
    enter_queue(stage)
    page.evaluate(RECORD_ANNOUNCEMENTS)
    expect(page.locator("#announcement")).to_have_text("Queued: all places are taken; trying again in a few seconds")

    for _ in range(3):
        next_attempt(page, lambda: page.clock.run_for(8000))

    assert page.evaluate("announced") == []
    assert page.locator("[data-countdown]").evaluate("(count) => count.closest('[role], [aria-live]')") is None


@pytest.mark.parametrize(("share", "first"), [(0.0, "5 s"), (0.999, "8 s")], ids=["least", "most"])
def test_pause_is_that_of_the_response_and_up_to_half_more(stage: Stage, share: float, first: str) -> None:
    page = stage.customer.page
    no_chance(page, share)
    page.clock.install()
    stage.take_every_place()
    stop_clock(page)

    stage.customer.send()

    count = page.locator("[data-countdown]")
    expect(count).to_have_text(first)
    page.clock.run_for(2000)
    expect(count).to_have_text(f"{int(first[0]) - 2} s")
    next_attempt(page, lambda: page.clock.run_for(6000))


def test_queue_ends_after_ten_minutes_with_the_ordinary_refusal(stage: Stage) -> None:
    page = stage.customer.page
    keys = sent_keys(page)
    page.clock.install()
    enter_queue(stage)
    sent = len(keys)

    next_attempt(page, lambda: page.clock.fast_forward("09:45"))
    expect(page.get_by_role("heading", name=QUEUED)).to_be_visible()
    page.clock.fast_forward("00:20")

    expect(page.locator("main > .problem")).to_contain_text(TAKEN)
    expect(page.locator("main > .problem")).to_be_focused()
    expect(stage.customer.report).to_have_value(stage.sample.text)
    expect(stage.customer.report).to_be_editable()
    assert (len(keys) - sent, TraceRecord.objects.count()) == (1, 1)
    assert (stage.customer.path, stage.customer.key) == (stage.sample.path, keys[0])


@every_workflow
def test_stop_waiting_returns_to_the_form_from_the_keyboard(stage: Stage) -> None:
    customer, keyboard = stage.customer, stage.customer.page.keyboard
    enter_queue(stage)
    customer.button.focus()

    keyboard.press("Tab")
    assert customer.focused() == "Stop waiting"
    keyboard.press("Enter")

    expect(customer.report).to_be_focused()
    expect(customer.report).to_have_value(stage.sample.text)
    expect(customer.report).to_be_editable()
    expect(customer.progress).to_contain_text("What happens when you send it")
    expect(customer.page.locator("#announcement")).to_have_text("")
    assert (customer.path, TraceRecord.objects.count()) == (stage.sample.path, 1)
    stage.free_the_place()
    customer.button.click()
    expect(customer.title).to_have_text(stage.sample.completed)


def test_attempt_that_was_accepted_is_shown_although_the_customer_stops(stage: Stage) -> None:
    page = stage.customer.page
    no_chance(page)
    page.clock.install()
    enter_queue(stage)
    next_attempt(page, lambda: stop_clock(page))
    expect(page.locator("[data-countdown]")).to_have_text("5 s")
    mine = Pause()
    stage.provider.meanwhile = mine
    stage.free_the_place()
    # Time for the attempt, but not for finding out that it has a place.
    page.clock.run_for(6000)
    mine.wait_until_asked()

    page.get_by_role("button", name="Stop waiting").click()
    mine.release()

    expect(stage.customer.title).to_have_text(stage.sample.completed)


def test_queued_form_survives_a_lost_connection(stage: Stage, remote_customer: Customer, relay: Relay) -> None:
    stage.monitor.expect(CONNECTION_ERRORS)
    queued(replace(stage, customer=remote_customer))
    expect(remote_customer.page.get_by_role("heading", name=QUEUED)).to_be_visible()

    relay.cut()
    expect(remote_customer.progress).to_contain_text(LOST, timeout=LONG_MS)
    expect(remote_customer.report).to_have_value(stage.sample.text)
    relay.restore()
    expect(remote_customer.page.get_by_role("heading", name=QUEUED)).to_be_visible(timeout=LONG_MS)
    stage.pause.release()

    expect(remote_customer.title).to_have_text(stage.sample.completed, timeout=LONG_MS)
    assert (TraceRecord.objects.count(), len(stage.provider.calls)) == (2, 2)


def test_limit_of_decisions_is_no_queue(stage: Stage) -> None:
    stage.monitor.expect("status of 429")
    stage.settings.SUBMITTER_DECISIONS_PER_MINUTE = 1
    stage.customer.send()
    expect(stage.customer.title).to_have_text(stage.sample.completed)

    stage.customer.send()

    expect(stage.customer.page.locator("main > .problem")).to_contain_text("send it again after that")
    assert stage.customer.page.locator("[data-crowded]").count() == 0


def test_queue_moves_nothing_for_who_asked_for_less_motion(browse: Browse, stage: Stage) -> None:
    stage.start_over(browse(reduced_motion="reduce"))

    reach(STATES["queued"], stage)

    assert stage.customer.page.evaluate("document.getAnimations().length") == 0


@pytest.mark.parametrize("sample", [TICKETS_SAMPLE], indirect=True, ids=["tickets"])
def test_without_script_the_page_says_when_to_try_again(stage_without_script: Stage) -> None:
    stage, customer = stage_without_script, stage_without_script.customer
    stage.take_every_place()
    customer.open()
    customer.fill()
    customer.button.click()

    expect(customer.page.locator("main > .problem")).to_contain_text(f"{TAKEN} No ticket was made.")
    expect(customer.report).to_have_value(stage.sample.text)
    stage.free_the_place()
    customer.button.click()
    expect(customer.title).to_have_text(stage.sample.completed)
