"""One submission makes one row and one call, however often it is sent."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Browse
from tests.browser.customer import Customer
from tests.browser.samples import every_workflow
from tests.browser.states import Stage, reach, states_of
from traces.models import TraceRecord


def click_thrice(button: Locator) -> None:
    button.click(click_count=3, delay=0)


def click_again(button: Locator) -> None:
    button.click()
    # The button is marked as disabled, but it can still be pressed.
    button.click(force=True)


def press_enter_thrice(button: Locator) -> None:
    for _ in range(3):
        button.press("Enter")


@every_workflow
def test_repeated_sending_makes_one_decision(browse: Browse, stage: Stage, subtests: pytest.Subtests) -> None:
    sent: list[str] = []

    for number, send in enumerate((click_thrice, click_again, press_enter_thrice), start=1):
        with subtests.test(send.__name__):
            stage.pause_provider()
            stage.customer.page.on("request", lambda request: sent.append(request.method))
            stage.customer.open()
            stage.customer.fill()
            send(stage.customer.button)
            stage.pause.wait_until_asked()
            stage.pause.release()
            expect(stage.customer.title).to_have_text(stage.sample.completed)
            made = (TraceRecord.objects.count(), len(stage.provider.calls), sent.count("POST"))
            assert made == (number, number, number)
        stage.start_over(browse())


def test_enter_in_a_field_of_a_running_form_does_nothing(stage: Stage) -> None:
    stage.pause_provider()
    stage.customer.send()
    stage.pause.wait_until_asked()

    stage.customer.page.press("#id_account_id", "Enter")
    stage.pause.release()

    expect(stage.customer.title).to_have_text(stage.sample.completed)
    assert (TraceRecord.objects.count(), len(stage.provider.calls)) == (1, 1)


@every_workflow
def test_two_tabs_with_the_same_key_make_one_decision(stage: Stage) -> None:
    stage.pause_provider()
    stage.customer.open()
    other = Customer(stage.customer.page.context.new_page(), stage.customer.url, stage.sample)
    other.open()
    other.set_key(stage.customer.key)

    for tab in (stage.customer, other):
        tab.fill()
        tab.button.click()
    stage.pause.wait_until_asked()
    stage.pause.release()

    for tab in (stage.customer, other):
        expect(tab.title).to_have_text(stage.sample.completed)
    assert stage.customer.path == other.path
    assert (TraceRecord.objects.count(), len(stage.provider.calls)) == (1, 1)


@every_workflow
def test_double_click_without_script_makes_one_decision(stage_without_script: Stage) -> None:
    stage_without_script.customer.open()
    stage_without_script.customer.fill()

    stage_without_script.customer.button.dblclick()

    expect(stage_without_script.customer.page.locator(".verdict")).not_to_have_count(0)
    stage_without_script.customer.page.wait_for_url(stage_without_script.sample.results)
    assert (TraceRecord.objects.count(), len(stage_without_script.provider.calls)) == (1, 1)


@every_workflow
def test_retry_makes_a_new_row(stage: Stage) -> None:
    reach(states_of(stage.sample)["failed"], stage)
    failed = TraceRecord.objects.get()

    with stage.customer.page.expect_response(lambda answered: answered.request.method == "POST"):
        stage.customer.button.click()

    retry = TraceRecord.objects.exclude(pk=failed.pk).get()
    assert retry.retry_of == failed.trace_id
    expect(stage.customer.page.locator(".trace-id").first).to_have_text(stage.sample.workflow.shown_id(retry.trace_id))


def test_two_browsers_with_the_same_key_make_two_decisions(stage: Stage, browse: Browse) -> None:
    stage.customer.open()
    other = Customer(browse(), stage.customer.url, stage.sample)
    other.open()
    other.set_key(stage.customer.key)

    for customer in (stage.customer, other):
        customer.fill()
        customer.button.click()
        expect(customer.title).to_have_text(stage.sample.completed)

    assert TraceRecord.objects.count() == 2
