"""One submission is one row and one call, however often and from wherever it is sent."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Browse
from tests.browser.customer import Customer
from tests.browser.states import STATES, Stage, reach
from traces.models import TraceRecord


def click_thrice(button: Locator) -> None:
    button.click(click_count=3, delay=0)


def click_again(button: Locator) -> None:
    button.click()
    # The button is off to who looks at it; a hand may press it all the same.
    button.click(force=True)


def press_enter_thrice(button: Locator) -> None:
    for _ in range(3):
        button.press("Enter")


@pytest.mark.parametrize("send", [click_thrice, click_again, press_enter_thrice])
def test_sending_again_while_it_runs_does_nothing(stage: Stage, send: Callable[[Locator], None]) -> None:
    stage.hold_provider()
    sent: list[str] = []
    stage.customer.page.on("request", lambda request: sent.append(request.method))
    stage.customer.open()
    stage.customer.fill()

    send(stage.customer.button)
    stage.hold.wait_until_asked()
    stage.hold.release()

    expect(stage.customer.page.get_by_role("heading", level=1)).to_have_text("Eligible under P-7")
    assert (TraceRecord.objects.count(), len(stage.provider.calls), sent.count("POST")) == (1, 1, 1)


def test_enter_in_a_field_does_nothing_while_it_runs(stage: Stage) -> None:
    stage.hold_provider()
    stage.customer.send()
    stage.hold.wait_until_asked()

    stage.customer.page.press("#id_account_id", "Enter")
    stage.hold.release()

    expect(stage.customer.page.get_by_role("heading", level=1)).to_have_text("Eligible under P-7")
    assert (TraceRecord.objects.count(), len(stage.provider.calls)) == (1, 1)


def test_two_tabs_with_the_same_form_make_one_decision(stage: Stage) -> None:
    stage.hold_provider()
    stage.customer.open()
    other = Customer(stage.customer.page.context.new_page(), stage.customer.url)
    other.open()
    other.take_key(stage.customer.key)

    for tab in (stage.customer, other):
        tab.fill()
        tab.button.click()
    stage.hold.wait_until_asked()
    stage.hold.release()

    for tab in (stage.customer, other):
        expect(tab.page.get_by_role("heading", level=1)).to_have_text("Eligible under P-7")
    assert stage.customer.path == other.path
    assert (TraceRecord.objects.count(), len(stage.provider.calls)) == (1, 1)


def test_a_double_click_without_script_makes_one_decision(plain: Stage) -> None:
    plain.customer.open()
    plain.customer.fill()

    plain.customer.button.dblclick()

    expect(plain.customer.page.get_by_role("heading", name="P-7")).not_to_have_count(0)
    plain.customer.page.wait_for_url("**/rotation/*")
    assert (TraceRecord.objects.count(), len(plain.provider.calls)) == (1, 1)


def test_a_retry_is_a_row_of_its_own(stage: Stage) -> None:
    reach(STATES["failed"], stage)
    failed = TraceRecord.objects.get()

    with stage.customer.page.expect_response(lambda answered: answered.request.method == "POST"):
        stage.customer.button.click()

    retry = TraceRecord.objects.exclude(pk=failed.pk).get()
    assert retry.retry_of == failed.trace_id
    expect(stage.customer.page.locator(".trace-id").first).to_have_text(retry.trace_id)


def test_two_browsers_never_share_a_key(stage: Stage, browse: Browse) -> None:
    stage.customer.open()
    other = Customer(browse(), stage.customer.url)
    other.open()
    other.take_key(stage.customer.key)

    for customer in (stage.customer, other):
        customer.fill()
        customer.button.click()
        expect(customer.page.get_by_role("heading", level=1)).to_have_text("Eligible under P-7")

    assert TraceRecord.objects.count() == 2
