"""Members mode in a browser: signing in, a session that ends behind a form, and the admin's pages of tokens."""

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
from tests.browser.axe import violations
from tests.browser.conftest import Browse
from tests.browser.customer import Customer
from tests.browser.test_traces import sign_in
from tests.browser.test_validity import faults
from tests.browser.watch import Watch
from tests.conftest import REPORT
from traces.models import TraceRecord

PASSWORD = "correct-horse-battery"


@pytest.fixture(autouse=True)
def ada(settings: Settings, site: str) -> User:
    settings.ACCESS = "members"
    user = User.objects.create_user("ada", "ada@example.test", PASSWORD)
    Membership.objects.create(user=user, account_id="acct_10234")
    return user


def enter(page: Page, password: str = PASSWORD) -> None:
    page.fill("#id_username", "ada")
    page.fill("#id_password", password)
    page.get_by_role("button", name="Sign in").click()


@pytest.fixture
def strangers(site: str, ada: User) -> list[str]:
    """The pages of who has not signed in."""
    user, token = urlsafe_base64_encode(force_bytes(ada.pk)), default_token_generator.make_token(ada)
    paths = ["sign-in", "password/reset", "password/reset/sent", "password/reset/done", "password/reset/x/y"]
    return [f"{site}/{path}" for path in [*paths, f"password/reset/{user}/{token}"]]


@pytest.fixture
def members(site: str) -> list[str]:
    return [f"{site}/{path}" for path in ("", "password", "password/changed")]


@pytest.fixture
def admins(site: str) -> list[str]:
    token = ApiToken(name="a program")
    token.issue(["acct_10234"])
    models = [f"{site}/admin/access/{name}/" for name in ("apitoken", "membership")]
    return [*models, *(f"{each}add/" for each in models), f"{models[0]}{token.pk}/change/"]


def make_token(page: Page, address: str) -> None:
    page.goto(address)
    page.fill("#id_name", "billing job")
    page.fill("#id_accounts", "acct_10234")
    page.locator("input[name=_save]").click()
    expect(page.locator("code").first).to_contain_text("rot_")


def faults_of(page: Page) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return [*violations(page), *["too wide"] * wide, *["no heading"] * (page.locator("h1").count() != 1)]


LOOKS = [pytest.param(scheme, width) for scheme in ("light", "dark") for width in (320, 1280)]


def look(page: Page, addresses: list[str]) -> list[str]:
    found = []
    for address in addresses:
        page.goto(address)
        found += [f"{address}: {fault}" for fault in faults_of(page)]
    return found


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_the_pages_of_members_are_accessible_and_fit(
    browse: Browse, strangers: list[str], members: list[str], scheme: str, width: int
) -> None:
    page = browse(color_scheme=scheme, viewport={"width": width, "height": 800})

    found = look(page, strangers)
    page.goto(strangers[0])
    enter(page, "wrong")
    found += faults_of(page)
    enter(page)

    assert found + look(page, members) == []


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_the_pages_of_the_admin_are_accessible_and_fit(
    browse: Browse, admins: list[str], admin_client: Client, watch: Watch, scheme: str, width: int
) -> None:
    page = browse(color_scheme=scheme, viewport={"width": width, "height": 800})
    sign_in(page, admins[0].partition("/admin")[0], admin_client)

    for address in admins:
        page.goto(address, wait_until="networkidle")
    assert watch.unexpected() == []
    # What axe itself cannot do about the styles that Django's forms import.
    watch.expect("Applying inline style", "Couldn't load preload assets")
    found = look(page, admins)
    make_token(page, admins[2])

    assert found + faults_of(page) == []


def test_every_page_is_valid(
    page: Page, strangers: list[str], members: list[str], ada: User, validator: list[str], tmp_path: Path
) -> None:
    for number, address in enumerate([*strangers, "", *members]):
        if not address:
            page.goto(strangers[0])
            enter(page)
            continue
        response = page.goto(address)
        assert response is not None
        (tmp_path / f"{number}.html").write_text(response.text())

    assert faults(validator, tmp_path) == []


def test_a_session_that_ends_behind_the_form_loses_no_text(customer: Customer, watch: Watch) -> None:
    watch.expect("status of 403")
    page = customer.page
    customer.open()
    enter(page)
    page.wait_for_url(f"{customer.url}/")
    customer.fill()
    page.context.clear_cookies(name="sessionid")

    customer.button.click()
    expect(page.get_by_text("Signed in as")).to_have_count(0)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in in a new tab").click()
    enter(opened.value)
    expect(opened.value.get_by_text("Signed in as ada")).to_be_visible()
    customer.button.click()
    expect(page.get_by_text("could not confirm that this came from our page")).to_be_visible()
    expect(customer.report).to_have_value(REPORT)
    customer.button.click()

    page.wait_for_url("**/rotation/trace_*")
    assert TraceRecord.objects.get().submitter.startswith("user:")


def test_who_signs_out_leaves(customer: Customer) -> None:
    customer.open()
    enter(customer.page)
    customer.page.get_by_role("button", name="Sign out").click()

    expect(customer.page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert customer.path == "/sign-in"
