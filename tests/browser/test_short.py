"""The short form of the browser tests, in every run: one report from the form to its result, with script."""

from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.states import Stage
from traces.models import TraceRecord


def test_report_is_decided_on_the_same_page(stage: Stage) -> None:
    stage.customer.open()
    stage.customer.fill()
    stage.customer.page.evaluate("window.same = true")

    stage.customer.button.click()

    expect(stage.customer.page.get_by_role("heading", level=1)).to_have_text("Eligible under P-7")
    assert stage.customer.path == f"/rotation/{TraceRecord.objects.get().trace_id}"
    assert stage.customer.page.evaluate("window.same"), "the browser went to another page"
    assert violations(stage.customer.page) == []
