"""The page warns of exactly those secrets that the server refuses."""

from playwright.sync_api import expect

from access.fields import looks_like_secret
from tests.browser.customer import Customer
from tests.browser.states import STATES, Stage, reach
from tests.interfaces.test_secrets import ORDINARY, SECRETS
from traces.models import TraceRecord

SAMPLES = {**SECRETS, **ORDINARY, "in the middle": f"The key\n{SECRETS['AWS']}, which is stale"}


def warns(customer: Customer, field: str, text: str) -> bool:
    customer.page.fill(field, text)
    warning = customer.page.locator(".field").filter(has=customer.page.locator(field)).locator("[data-secret-warning]")
    return warning.is_visible()


def test_page_warns_of_what_the_server_refuses(customer: Customer) -> None:
    customer.open()

    warned = {name: warns(customer, "#id_credential_report", text) for name, text in SAMPLES.items()}

    assert warned == {name: looks_like_secret(text) for name, text in SAMPLES.items()}


def test_warning_is_shown_beside_the_field_with_the_secret(customer: Customer) -> None:
    customer.open()

    assert warns(customer, "#id_item", SECRETS["GitLab"])
    assert not warns(customer, "#id_credential_report", ORDINARY["skeleton"])
    assert not warns(customer, "#id_item", "invoice-sync")


def test_refusal_of_a_secret_is_the_one_sentence_until_the_text_is_changed(stage: Stage) -> None:
    stage.monitor.expect("status of 422")
    reach(STATES["holding a secret"], stage)

    stage.customer.button.click()

    page = stage.customer.page
    expect(page.locator("#id_credential_report_error")).to_contain_text(
        "Line 1 of this text looks like the key of a model provider."
    )
    expect(page.locator("[data-secret-warning]:visible")).to_have_count(0)
    assert warns(stage.customer, "#id_credential_report", SECRETS["AWS"])
    assert (TraceRecord.objects.count(), stage.provider.calls) == (0, [])
