"""The second factor of staff who sign in by password: setting it up, being asked for it, and losing it."""

import re
from base64 import b32decode
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from access.audit import AuditLine
from access.sessions import SINGLE_SIGN_ON, UserSession
from tests.access.conftest import OWN, PASSWORD, Visitor
from tests.access.conftest import signed_in as made
from tests.conftest import Response
from tests.interfaces.conftest import BROWSER

pytestmark = pytest.mark.any_database

FACTOR, ADMIN = "/second-factor", "/admin/"
NOT_ACCEPTED = "This code is not accepted."


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root", password=PASSWORD)


def sign_in(path: str = "/sign-in", **more: str) -> Client:
    browser = Client(headers={"Accept": BROWSER})
    assert browser.post(path, {"username": "root", "password": PASSWORD, **more}).status_code == 302
    return browser


def number(key: str) -> str:
    """Return what an app shows for a key now."""
    return f"{totp(b32decode(key)):06d}"


def key_of(page: Response) -> str:
    found = re.search(r"Key: <code>(\w+)</code>", page.text)
    assert found
    return found[1]


def set_up(browser: Client) -> tuple[str, list[str]]:
    """Return the key and the recovery codes."""
    key = key_of(browser.get(FACTOR))
    page = browser.post(FACTOR, {"code": number(key)})
    return key, re.findall(r"<li><code>(\w+)</code></li>", page.text)


def let_time_pass() -> None:
    """Make the numbers of now usable again, and end the waits after wrong ones."""
    TOTPDevice.objects.update(last_t=-1, throttling_failure_timestamp=timezone.now() - timedelta(hours=1))
    StaticDevice.objects.update(throttling_failure_timestamp=timezone.now() - timedelta(hours=1))


def test_a_factor_is_set_up_and_then_asked_for(root: User) -> None:
    browser = sign_in()
    assertContains(browser.get(ADMIN), f'<a href="{FACTOR}">Second factor</a>', html=True)
    key, codes = set_up(browser)
    let_time_pass()

    browser = sign_in()
    asked = browser.get("/admin/auth/user/", follow=True)
    entered = browser.post(FACTOR, {"code": number(key), "next": "/admin/auth/user/"})

    assert asked.redirect_chain[-1][0] == f"{FACTOR}?next=/admin/auth/user/"
    assertContains(asked, '<input type="hidden" name="next" value="/admin/auth/user/">', html=True)
    assertRedirects(entered, "/admin/auth/user/")
    assertContains(browser.get(FACTOR), "Your second factor is set up")
    assert len(set(codes)) == 10


def test_the_picture_is_markup_that_the_policy_allows(root: User) -> None:
    page = sign_in().get(FACTOR)

    assertContains(page, "<svg")
    # In dark mode, too.
    assertContains(page, '<path fill="#fff"')
    assertNotContains(page, "style=")
    assertNotContains(page, "<script>")


@pytest.mark.parametrize("path", ["/sign-in", "/admin/login/"])
def test_without_the_code_a_session_can_do_nothing(root: User, path: str) -> None:
    set_up(sign_in())

    browser = sign_in(path)

    assert browser.get("/password", follow=True).redirect_chain[-1][0].startswith(FACTOR)
    assert browser.get(ADMIN, follow=True).redirect_chain[-1][0] == f"{FACTOR}?next=/admin/"
    assert browser.get(ADMIN, headers={"Authorization": "Bearer x"}).status_code == 302
    assert Visitor(browser).ask_json(OWN).status_code == 401
    assert browser.post("/admin/auth/user/add/", {"username": "eve"}).status_code == 302
    assert browser.post("/sign-out").status_code == 302
    assert browser.get(FACTOR).status_code == 404


def test_another_may_sign_in_where_a_code_is_missing(root: User, ada: User) -> None:
    set_up(sign_in())
    browser = sign_in()

    browser.post("/sign-in", {"username": "ada", "password": PASSWORD})

    assert Visitor(browser).ask_json(OWN).status_code == 200


def test_each_recovery_code_replaces_the_app_once(root: User) -> None:
    _, (code, *_) = set_up(sign_in())

    first, again = (sign_in().post(FACTOR, {"code": f" {code[:4]} {code[4:].upper()}"}) for _ in range(2))

    assertRedirects(first, ADMIN, fetch_redirect_response=False)
    assertContains(again, NOT_ACCEPTED)
    assert StaticToken.objects.count() == 9


def test_a_number_is_taken_once(root: User) -> None:
    browser = sign_in()
    code = number(key_of(browser.get(FACTOR)))
    browser.post(FACTOR, {"code": code})

    assertContains(sign_in().post(FACTOR, {"code": code}), NOT_ACCEPTED)


def test_wrong_codes_make_even_the_right_one_wait(root: User) -> None:
    key, codes = set_up(sign_in())
    let_time_pass()
    browser = sign_in()

    for wrong in ("-1", "x", "not-a-code", "é"):
        assertContains(browser.post(FACTOR, {"code": wrong}), NOT_ACCEPTED)
    TOTPDevice.objects.update(throttling_failure_count=9, throttling_failure_timestamp=timezone.now())
    assertContains(browser.post(FACTOR, {"code": number(key)}), NOT_ACCEPTED)

    let_time_pass()
    assertRedirects(browser.post(FACTOR, {"code": codes[0]}), ADMIN)


def test_a_wrong_number_sets_nothing_up(root: User) -> None:
    browser = sign_in()
    key = key_of(browser.get(FACTOR))

    page = browser.post(FACTOR, {"code": "-1"})

    assertContains(page, NOT_ACCEPTED)
    assert key_of(page) == key
    assert not TOTPDevice.objects.get().confirmed


def test_where_it_is_required_staff_set_it_up_before_anything(root: User, settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = "required"
    browser = sign_in()

    led = browser.get(ADMIN, follow=True)
    set_up(browser)

    assertContains(led, "Set up a second factor")
    assert browser.get(ADMIN).status_code == 200


def test_setting_it_up_ends_the_sessions_without_it(root: User) -> None:
    earlier, browser = sign_in(), sign_in()
    before = browser.cookies["sessionid"].value

    set_up(browser)

    assert earlier.get(ADMIN).status_code == 302
    assert browser.get(ADMIN).status_code == 200
    assert browser.cookies["sessionid"].value != before


def test_members_and_single_sign_on_are_not_asked(root: User, settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = "required"
    browser = Client()
    browser.force_login(root, backend=SINGLE_SIGN_ON)
    member = made("eve", OWN)

    assert browser.get(ADMIN).status_code == 200
    assert member.ask_json(OWN).status_code == 200
    assert member.client.get(FACTOR).status_code == 404


def test_a_code_leads_to_our_own_pages_only(root: User) -> None:
    _, codes = set_up(sign_in())

    for following, code in zip(("https://evil.test/", "//evil.test", "javascript:alert(1)"), codes, strict=False):
        answer = sign_in().post(FACTOR, {"code": code, "next": following})
        assertRedirects(answer, ADMIN, fetch_redirect_response=False)


def test_a_superuser_removes_a_lost_factor(root: User) -> None:
    set_up(sign_in())
    other = made("other", superuser=True).client
    action = {"action": "remove_second_factors", "_selected_action": root.pk}

    told = other.post("/admin/auth/user/", action, follow=True)
    again = other.post("/admin/auth/user/", action, follow=True)

    assertContains(told, "Second factors removed: 1.")
    assertContains(again, "Second factors removed: 0.")
    assert not UserSession.objects.filter(user_id=root.pk).exists()
    lines = AuditLine.objects.filter(event__startswith="factor").order_by("pk")
    told_lines = [(line.event, line.way, line.user_id, line.by_id == root.pk) for line in lines]
    assert told_lines == [("factor_added", "site", root.pk, True), ("factor_removed", "admin", root.pk, False)]


def test_the_command_removes_a_lost_factor(root: User) -> None:
    set_up(sign_in())
    told = StringIO()

    for _ in range(2):
        call_command("reset_second_factor", "root", stdout=told)
    with pytest.raises(CommandError, match="no user of that name"):
        call_command("reset_second_factor", "eve")

    assert told.getvalue().splitlines() == ["Removed.", "This user has no second factor."]
    assert AuditLine.objects.filter(event="factor_removed", way="command").count() == 1


def test_no_page_of_the_admin_shows_keys(root: User) -> None:
    browser = Client()
    browser.force_login(root)

    for path in ("/admin/otp_totp/totpdevice/", "/admin/otp_static/staticdevice/"):
        assert browser.get(path).status_code == 404
