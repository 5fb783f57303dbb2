"""Members mode in a browser: sign-in, an expired session, and the admin pages of tokens."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.test import Client
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from playwright.sync_api import Page, expect
from pytest_django import Settings

from access.models import ApiToken, Membership
from tests.browser.axe import faults_in_every_look
from tests.browser.customer import Customer
from tests.browser.monitor import Monitor
from tests.browser.test_traces import sign_in
from tests.browser.test_validity import faults
from tests.conftest import REPORT
from traces.models import TraceRecord

PASSWORD = "correct-horse-battery"


@pytest.fixture(autouse=True)
def ada(settings: Settings, site: str) -> User:
    settings.ACCESS = "members"
    user = User.objects.create_user("ada", "ada@example.test", PASSWORD)
    Membership.objects.create(user=user, account_id="acct_10234")
    return user


def fill_sign_in(page: Page, password: str = PASSWORD) -> None:
    page.fill("#id_username", "ada")
    page.fill("#id_password", password)
    page.get_by_role("button", name="Sign in").click()


@pytest.fixture
def public_pages(site: str, ada: User) -> list[str]:
    """The pages that need no sign-in."""
    user, token = urlsafe_base64_encode(force_bytes(ada.pk)), default_token_generator.make_token(ada)
    paths = ["sign-in", "password/reset", "password/reset/sent", "password/reset/done", "password/reset/x/y"]
    return [f"{site}/{path}" for path in [*paths, f"password/reset/{user}/{token}"]]


@pytest.fixture
def member_pages(site: str) -> list[str]:
    return [f"{site}/{path}" for path in ("", "mine", "password", "password/changed")]


@pytest.fixture
def admin_pages(site: str) -> list[str]:
    token = ApiToken(name="a program")
    token.issue(["acct_10234"])
    models = [f"{site}/admin/access/{name}/" for name in ("apitoken", "membership")]
    accounts = [f"{site}/admin/access/account/", f"{site}/admin/access/account/add/"]
    return [*models, *(f"{each}add/" for each in models), f"{models[0]}{token.pk}/change/", *accounts]


def make_token(page: Page, address: str) -> None:
    page.goto(address)
    page.fill("#id_name", "billing job")
    page.fill("#id_accounts", "acct_10234")
    page.locator("input[name=_save]").click()
    expect(page.locator("code").first).to_contain_text("rot_")


def faults_of(page: Page) -> list[str]:
    headings = page.locator("h1").count()
    return faults_in_every_look(page) + ([] if headings == 1 else [f"{page.url}: {headings} headings"])


def faults_at(page: Page, addresses: list[str]) -> list[str]:
    found = []
    for address in addresses:
        page.goto(address)
        found += faults_of(page)
    return found


def test_members_pages_are_accessible_and_fit(page: Page, public_pages: list[str], member_pages: list[str]) -> None:
    found = faults_at(page, public_pages)
    page.goto(public_pages[0])
    fill_sign_in(page, "wrong")
    found += faults_of(page)
    fill_sign_in(page)

    assert found + faults_at(page, member_pages) == []


def test_admin_pages_of_tokens_are_accessible_and_fit(
    page: Page, admin_pages: list[str], admin_client: Client, monitor: Monitor
) -> None:
    sign_in(page, admin_pages[0].partition("/admin")[0], admin_client)

    for address in admin_pages:
        page.goto(address, wait_until="networkidle")
    assert monitor.unexpected() == []
    # Chromium's notes about the styles that axe itself injects.
    monitor.expect("Applying inline style", "Couldn't load preload assets")
    found = faults_at(page, admin_pages)
    make_token(page, admin_pages[2])

    assert found + faults_of(page) == []


def test_members_pages_are_valid_html(
    page: Page, public_pages: list[str], member_pages: list[str], ada: User, validator: list[str], tmp_path: Path
) -> None:
    for number, address in enumerate([*public_pages, "", *member_pages]):
        if not address:
            page.goto(public_pages[0])
            fill_sign_in(page)
            continue
        response = page.goto(address)
        assert response is not None
        (tmp_path / f"{number}.html").write_text(response.text())

    assert faults(validator, tmp_path) == []


def test_expired_session_loses_no_text(customer: Customer, monitor: Monitor) -> None:
    monitor.expect("status of 403")
    page = customer.page
    customer.open()
    fill_sign_in(page)
    page.wait_for_url(f"{customer.url}/")
    customer.fill()
    page.context.clear_cookies(name="sessionid")

    customer.button.click()
    expect(page.get_by_text("Signed in as")).to_have_count(0)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in in a new tab").click()
    fill_sign_in(opened.value)
    expect(opened.value.get_by_text("Signed in as ada")).to_be_visible()
    customer.button.click()
    expect(page.get_by_text("could not confirm that this came from our page")).to_be_visible()
    expect(customer.report).to_have_value(REPORT)
    customer.button.click()

    page.wait_for_url("**/rotation/trace_*")
    assert TraceRecord.objects.get().submitter.startswith("user:")


def test_sign_out_leads_to_the_sign_in_page(customer: Customer) -> None:
    customer.open()
    fill_sign_in(customer.page)
    customer.page.get_by_role("button", name="Sign out").click()

    expect(customer.page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert customer.path == "/sign-in"
