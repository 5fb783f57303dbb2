"""Errors are shown beside their fields without leaving the page, and no typed text is lost."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.customer import Customer
from tests.browser.samples import every_workflow
from tests.browser.states import STATES, Stage, reach, states_of
from traces.models import TraceRecord


@pytest.fixture
def invalid(stage: Stage) -> Stage:
    reach(states_of(stage.sample)["invalid"], stage)
    return stage


def test_wrong_fields_are_marked_and_described_by_their_errors(invalid: Stage) -> None:
    for name in ("account_id", "credential_report"):
        field = invalid.customer.page.locator(f"#id_{name}")
        expect(field).to_have_attribute("aria-invalid", "true")
        described_by = (field.get_attribute("aria-describedby") or "").split()
        assert f"id_{name}_error" in described_by
        assert all(invalid.customer.page.locator(f"#{each}").inner_text() for each in described_by), name
    expect(invalid.customer.page.locator("#id_item")).not_to_have_attribute("aria-invalid", "true")


def test_invalid_form_keeps_its_text_and_address_and_makes_no_row(invalid: Stage) -> None:
    expect(invalid.customer.report).to_have_value("short")
    expect(invalid.customer.page.locator("#id_account_id")).to_have_value("wrong")
    expect(invalid.customer.page).to_have_title(
        "Error: Describe a stale service-account key \N{EN DASH} Rotation decisions"
    )
    assert (invalid.customer.path, TraceRecord.objects.count()) == ("/", 0)


def test_link_to_a_wrong_field_shows_its_label_and_error(invalid: Stage) -> None:
    page = invalid.customer.page
    page.set_viewport_size({"width": 390, "height": 600})

    page.locator(".problem").get_by_role("link").first.click()

    expect(page.locator("#id_account_id")).to_be_focused()
    expect(page.locator("label[for=id_account_id]")).to_be_in_viewport(ratio=1)
    expect(page.locator("#id_account_id_error")).to_be_in_viewport(ratio=1)


UNKNOWN = "We hold no credential record for this account or item; check both."
AMBIGUOUS = "This account has several active credentials: name one by its label."
# By what is sent: the sentence that describes the fields at fault.
AT_FAULT = {
    "account": ({"account_id": "acct_99999"}, UNKNOWN, {"account_id"}),
    "account or item": ({"account_id": "acct_99999", "item": "no-such-key"}, UNKNOWN, {"account_id", "item"}),
    "item": ({"account_id": "acct_51170"}, AMBIGUOUS, {"item"}),
}


def assert_marked(customer: Customer, sentence: str, names: set[str]) -> None:
    for name in ("account_id", "credential_report", "item"):
        field = customer.page.locator(f"#id_{name}")
        if name not in names:
            expect(field).not_to_have_attribute("aria-invalid", "true")
            continue
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(re.compile(re.escape(sentence)))
    expect(customer.page.locator(f"#id_{min(names)}")).to_be_focused()


@pytest.mark.parametrize(("sent", "sentence", "names"), AT_FAULT.values(), ids=AT_FAULT)
def test_fields_that_made_a_request_fail_are_marked(
    stage: Stage, stage_without_script: Stage, sent: dict[str, str], sentence: str, names: set[str]
) -> None:
    for each in (stage, stage_without_script):
        each.customer.send(**sent)
        expect(each.customer.page.locator("main .problem")).to_contain_text(stage.sample.no_result)
        assert_marked(each.customer, sentence, names)


def test_form_of_a_retry_marks_the_missing_item(stage: Stage) -> None:
    reach(STATES["credential ambiguous"], stage)

    stage.customer.open(f"/?retry_of={TraceRecord.objects.get().trace_id}")

    assert_marked(stage.customer, AMBIGUOUS, {"item"})
    expect(stage.customer.page.get_by_label("Item", exact=True)).to_be_visible()


@every_workflow
def test_corrected_form_is_decided(invalid: Stage) -> None:
    invalid.customer.fill()

    invalid.customer.button.click()

    expect(invalid.customer.title).to_have_text(invalid.sample.completed)


def test_form_without_a_valid_token_keeps_its_text(stage: Stage) -> None:
    stage.monitor.expect("status of 403")
    stage.customer.open()
    stage.customer.fill("A stale key, written with care.")
    stage.customer.page.context.clear_cookies()

    stage.customer.button.click()

    expect(stage.customer.page.locator("main .problem")).to_contain_text(
        "could not confirm that this came from our page"
    )
    expect(stage.customer.report).to_have_value("A stale key, written with care.")
    expect(stage.customer.report).to_be_editable()
    stage.customer.button.click()
    expect(stage.customer.title).to_have_text(stage.sample.completed)
