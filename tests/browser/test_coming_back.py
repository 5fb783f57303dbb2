"""Reloading, going back and a second tab find the same trace and make no other."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.customer import Customer
from tests.browser.samples import every_workflow
from tests.browser.states import STATES, Stage, reach, states_of
from traces.models import TraceRecord

TEXT_IS_GONE = "is not kept once its page is left"


@every_workflow
@pytest.mark.parametrize("waits_ms", [0, 2500], ids=["at once", "after its trace id is known"])
def test_reloading_a_running_form_finds_the_same_trace(stage: Stage, waits_ms: int) -> None:
    reach(states_of(stage.sample)["running in the form"], stage)
    stage.pause.wait_until_asked()
    stage.customer.page.wait_for_timeout(waits_ms)

    stage.customer.page.reload()

    assert stage.customer.path == stage.trace_path
    expect(stage.customer.page.locator("main")).to_contain_text(
        f"The text of the {stage.sample.workflow.words.report} was not kept"
    )
    stage.pause.release()
    expect(stage.customer.title).to_have_text(stage.sample.completed)
    assert (TraceRecord.objects.count(), len(stage.provider.calls)) == (1, 1)


@every_workflow
def test_long_decision_shows_its_trace_id(stage: Stage) -> None:
    reach(states_of(stage.sample)["running in the form"], stage)
    stage.pause.wait_until_asked()

    expect(stage.customer.progress.locator(".trace-id")).to_have_text(
        stage.sample.workflow.shown_id(TraceRecord.objects.get().trace_id)
    )

    assert stage.customer.path == stage.trace_path


@every_workflow
def test_second_tab_shows_the_same_trace(stage: Stage) -> None:
    reach(states_of(stage.sample)["running in the form"], stage)
    stage.pause.wait_until_asked()
    address = stage.customer.page.url
    other = Customer(stage.customer.page.context.new_page(), stage.customer.url, stage.sample)

    other.page.goto(address)

    assert other.path == stage.trace_path
    stage.pause.release()
    for tab in (stage.customer, other):
        expect(tab.title).to_have_text(stage.sample.completed)
    assert len(stage.provider.calls) == 1


def test_reloaded_result_is_shown_again(stage: Stage) -> None:
    reach(STATES["needs review"], stage)

    stage.customer.page.reload()

    expect(stage.customer.title).to_have_text("Needs review under P-7")
    assert TraceRecord.objects.count() == 1


@every_workflow
def test_back_from_a_result_shows_a_fresh_form(stage: Stage) -> None:
    stage.customer.open()
    key = stage.customer.key
    stage.customer.fill()
    stage.customer.button.click()
    stage.customer.page.wait_for_url(stage.sample.results)

    stage.customer.go_back()

    expect(stage.customer.title).to_have_text(stage.sample.form)
    expect(stage.customer.report).to_have_value("")
    expect(stage.customer.button).to_be_enabled()
    assert (stage.customer.path, stage.customer.key != key) == (stage.sample.path, True)


@every_workflow
@pytest.mark.parametrize("reloads", [0, 2], ids=["as it was sent", "reloaded twice"])
def test_back_while_running_and_after_it_shows_a_fresh_form(stage: Stage, reloads: int) -> None:
    customer = stage.customer
    customer.open("/tickets/" if stage.sample.path == "/" else "/")
    reach(states_of(stage.sample)["running in the form"], stage)
    stage.pause.wait_until_asked()
    for _ in range(reloads):
        customer.page.reload()

    customer.go_back()
    expect(customer.title).to_have_text(stage.sample.form)
    assert customer.path == stage.sample.path
    customer.go_forward()
    expect(customer.page.get_by_role("heading", name=stage.sample.running)).to_be_visible()
    stage.pause.release()
    expect(customer.title).to_have_text(stage.sample.completed)
    customer.go_back()

    expect(customer.title).to_have_text(stage.sample.form)
    expect(customer.report).to_have_value("")
    assert (customer.path, TraceRecord.objects.count()) == (stage.sample.path, 1)


@every_workflow
def test_back_after_a_failure_and_its_retry_shows_a_fresh_form(stage: Stage) -> None:
    reach(states_of(stage.sample)["failed"], stage)
    stage.provider.says = stage.sample.answer
    stage.customer.button.click()
    expect(stage.customer.title).to_have_text(stage.sample.completed)

    stage.customer.go_back()

    expect(stage.customer.title).to_have_text(stage.sample.form)
    assert stage.customer.path == stage.sample.path


@pytest.mark.parametrize("name", ["invalid", "unsent"])
def test_form_that_was_not_accepted_adds_no_history(stage: Stage, name: str) -> None:
    stage.customer.open("/tickets/")

    reach(STATES[name], stage)
    stage.customer.go_back()

    assert stage.customer.path == "/tickets/"


@every_workflow
def test_result_of_a_bookmark_leads_back_to_where_it_was_opened(stage: Stage) -> None:
    reach(states_of(stage.sample)["running"], stage)
    address = stage.customer.page.url
    tab = Customer(stage.customer.page.context.new_page(), stage.customer.url, stage.sample)
    elsewhere = "/tickets/" if stage.sample.path == "/" else "/"
    tab.open(elsewhere)
    tab.page.goto(address)
    stage.pause.release()
    expect(tab.title).to_have_text(stage.sample.completed)

    tab.go_back()

    assert tab.path == elsewhere


@every_workflow
def test_without_script_back_from_a_result_shows_a_fresh_form(stage_without_script: Stage) -> None:
    customer = stage_without_script.customer
    reach(states_of(stage_without_script.sample)["running"], stage_without_script)
    stage_without_script.pause.release()
    customer.page.get_by_role("link", name="Check again").click()
    customer.page.reload()
    expect(customer.title).to_have_text(stage_without_script.sample.completed)

    customer.go_back()

    expect(customer.title).to_have_text(stage_without_script.sample.form)
    expect(customer.report).to_have_value("")


def test_forward_shows_the_result_again(stage: Stage) -> None:
    reach(STATES["eligible"], stage)
    stage.customer.go_back()
    expect(stage.customer.title).to_have_text(stage.sample.form)

    stage.customer.go_forward()

    expect(stage.customer.title).to_have_text(stage.sample.completed)
    assert TraceRecord.objects.count() == 1


@every_workflow
def test_reloaded_failure_says_that_the_text_is_gone(stage: Stage) -> None:
    reach(states_of(stage.sample)["failed"], stage)
    expect(stage.customer.page.locator(".problem")).to_contain_text("After you leave or reload this page it is gone.")

    stage.customer.page.reload()

    expect(stage.customer.page.locator("main")).to_contain_text(TEXT_IS_GONE)
    assert stage.customer.path == stage.trace_path


def test_retry_of_a_failure_keeps_the_account(stage: Stage) -> None:
    reach(STATES["failed and retried"], stage)

    expect(stage.customer.page.locator("#id_account_id")).to_have_value("acct_10234")
    expect(stage.customer.report).to_have_value("")
    expect(stage.customer.page.locator("[name=retry_of]")).to_have_value(TraceRecord.objects.get().trace_id)


@every_workflow
def test_elapsed_seconds_count_from_the_start(stage: Stage) -> None:
    reach(states_of(stage.sample)["running"], stage)
    TraceRecord.objects.update(started_at=timezone.now() - timedelta(seconds=12))

    stage.customer.page.reload()

    seconds = int(stage.customer.page.locator("[data-elapsed]").inner_text())
    assert 12 <= seconds <= 14
    expect(stage.customer.page.locator("[data-elapsed]")).to_have_text(str(seconds + 2))


def test_browser_storage_stays_empty(stage: Stage) -> None:
    reach(states_of(stage.sample)["failed"], stage)

    stored = "[localStorage.length, sessionStorage.length, JSON.stringify(history.state)]"
    assert stage.customer.page.evaluate(stored) == [0, 0, "null"]
