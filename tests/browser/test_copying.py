"""One click copies the trace id, also in browsers without the clipboard API."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Browse
from tests.browser.states import STATES, Stage, reach
from traces.models import TraceRecord

NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
NO_COPYING = "document.execCommand = () => false"


def test_trace_id_is_copied_without_the_clipboard_api(browse: Browse, stage: Stage, subtests: pytest.Subtests) -> None:
    for name in ("eligible", "failed", "failed and left"):
        with subtests.test(name):
            stage.customer.page.add_init_script(NO_CLIPBOARD)
            reach(STATES[name], stage)
            stage.customer.page.locator("[data-copy]").click()
            expect(stage.customer.page.locator(".trace [role=status]")).to_have_text("Copied")
            stage.customer.open()
            stage.customer.report.press("Control+V")
            expect(stage.customer.report).to_have_value(TraceRecord.objects.latest("started_at").trace_id)
        stage.start_over(browse())


def test_failed_copy_shows_what_to_do(stage: Stage) -> None:
    stage.customer.page.add_init_script(NO_COPYING)
    reach(STATES["eligible"], stage)

    stage.customer.page.locator("[data-copy]").click()

    expect(stage.customer.page.locator(".trace [role=status]")).to_contain_text("copy it with Ctrl+C")
    assert stage.customer.page.evaluate("getSelection().toString()") == TraceRecord.objects.get().trace_id
