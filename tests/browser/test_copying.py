"""The trace id is copied by one press, also where the browser has no clipboard for scripts."""

import pytest
from playwright.sync_api import expect

from tests.browser.states import STATES, Stage, reach
from traces.models import TraceRecord

NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
NO_COPYING = "document.execCommand = () => false"


@pytest.mark.parametrize("name", ["eligible", "failed", "failed and left"])
def test_it_is_copied_without_a_clipboard_for_scripts(stage: Stage, name: str) -> None:
    stage.customer.page.add_init_script(NO_CLIPBOARD)
    reach(STATES[name], stage)

    stage.customer.page.locator("[data-copy]").click()
    expect(stage.customer.page.locator(".trace [role=status]")).to_have_text("Copied")
    stage.customer.open()
    stage.customer.report.press("Control+V")

    expect(stage.customer.report).to_have_value(TraceRecord.objects.get().trace_id)


def test_it_says_so_when_it_cannot_copy(stage: Stage) -> None:
    stage.customer.page.add_init_script(NO_COPYING)
    reach(STATES["eligible"], stage)

    stage.customer.page.locator("[data-copy]").click()

    expect(stage.customer.page.locator(".trace [role=status]")).to_contain_text("copy it with Ctrl+C")
    assert stage.customer.page.evaluate("getSelection().toString()") == TraceRecord.objects.get().trace_id
