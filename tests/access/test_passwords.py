"""Passwords: changed by who knows them, reset by a mail that says nothing of who has one."""

import re
import threading

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertRedirects

from config.logging import QuietFormatter
from tests.access.conftest import PASSWORD, VARYING
from tests.faces.conftest import BROWSER

RESET, CHANGE = "/password/reset", "/password"
NEW = "another-horse-battery"
LINK = re.compile(r"http://testserver(/password/reset/\S+)")


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada", "ada@example.test", PASSWORD)


@pytest.fixture
def browser() -> Client:
    return Client(headers={"Accept": BROWSER})


def ask(browser: Client, address: str = "ada@example.test") -> tuple[int, str, str]:
    """Ask for a mail and wait until it has left; give what the browser is told."""
    response = browser.post(RESET, {"email": address})
    for thread in threading.enumerate():
        if thread.name == "mail":
            thread.join()
    told = browser.get(response["Location"])
    return response.status_code, response["Location"], VARYING.sub("", told.text)


def link() -> str:
    found = LINK.search(str(mail.outbox[-1].body))
    assert found
    return found[1]


def set_password(browser: Client, path: str, password: str = NEW) -> int:
    form = browser.get(path, follow=True)
    place = form.request["PATH_INFO"]
    return browser.post(place, {"new_password1": password, "new_password2": password}).status_code


def test_a_mail_brings_a_link_that_sets_a_password_once(browser: Client, ada: User) -> None:
    ask(browser)

    first, second = set_password(browser, link()), set_password(Client(), link(), "third-horse-battery")

    assert (first, second) == (302, 200)
    ada.refresh_from_db()
    assert ada.check_password(NEW)
    assert mail.outbox[0].to == ["ada@example.test"]


def test_who_asked_for_a_mail_is_led_to_the_sign_in_page(browser: Client, ada: User) -> None:
    *_, told = ask(browser)

    assert '<a href="/sign-in">Sign in</a>' in told
    assert "Start a new report" not in told


def test_the_page_says_no_more_to_an_address_we_know(browser: Client, ada: User) -> None:
    known, unknown = ask(browser), ask(browser, "eve@example.test")

    assert known == unknown
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "!"}], ids=["inactive", "without a password"])
def test_who_cannot_sign_in_gets_no_mail(browser: Client, ada: User, change: dict[str, object]) -> None:
    User.objects.update(**change)

    assert ask(browser)[0] == 302
    assert mail.outbox == []


def test_one_user_gets_one_mail_in_a_while(browser: Client, ada: User) -> None:
    for _ in range(3):
        ask(browser)
    early = len(mail.outbox)
    cache.clear()
    ask(browser)

    assert (early, len(mail.outbox)) == (1, 2)


def test_the_answer_does_not_wait_for_the_mail(browser: Client, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    may_go = threading.Event()
    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", lambda *_: may_go.wait(10))

    answered = browser.post(RESET, {"email": "ada@example.test"}).status_code
    still_sending = [thread for thread in threading.enumerate() if thread.name == "mail"]
    may_go.set()
    for thread in still_sending:
        thread.join()

    assert (answered, len(still_sending)) == (302, 1)


def test_a_mail_that_cannot_leave_is_told_to_the_log_without_address_or_link(
    browser: Client, ada: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise OSError(f"{ada.email} {LINK.pattern}")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", fail)

    assert ask(browser)[0] == 302
    logged = "".join(QuietFormatter(readable=False).format(record) for record in caplog.records)
    assert "OSError" in logged
    assert ada.email not in logged
    assert "testserver" not in logged


def test_a_link_in_parts_is_told_as_no_longer_good(browser: Client, ada: User) -> None:
    ask(browser)

    for path in (link()[:-1], "/password/reset/x/y", "/password/reset/MQ/set-password"):
        assertContains(browser.get(path), "This link no longer works")


def test_a_link_is_good_for_an_hour(browser: Client, ada: User, settings: Settings) -> None:
    ask(browser)
    assert settings.PASSWORD_RESET_TIMEOUT == 3600

    settings.PASSWORD_RESET_TIMEOUT = -1

    assertContains(browser.get(link()), "This link no longer works")


@pytest.mark.parametrize("password", ["short", "123456789012", "ada@example.test"])
def test_a_weak_password_is_refused(browser: Client, ada: User, password: str) -> None:
    ask(browser)

    assert set_password(browser, link(), password) == 200
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_who_is_signed_in_changes_the_password_and_ends_the_other_sessions(browser: Client, ada: User) -> None:
    other = Client(headers={"Accept": BROWSER})
    for client in (browser, other):
        client.force_login(ada)
    form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}

    response = browser.post(CHANGE, form)

    assertRedirects(response, "/password/changed")
    assert (browser.get("/").status_code, other.get("/").status_code) == (200, 302)


def test_a_stranger_cannot_change_one(browser: Client) -> None:
    assertRedirects(browser.get(CHANGE), f"/sign-in?next={CHANGE}")


def test_without_a_mail_server_no_reset_is_offered(browser: Client, ada: User, settings: Settings) -> None:
    settings.MAILS_PASSWORD_RESETS = False

    response = browser.post(RESET, {"email": ada.email})

    assertContains(response, "Passwords are not reset by mail here")
    assert mail.outbox == []


def test_an_old_password_can_be_tried_as_often_as_a_sign_in(browser: Client, ada: User) -> None:
    browser.force_login(ada)
    guess = {"old_password": "wrong-horse-battery", "new_password1": NEW, "new_password2": NEW}

    statuses = [browser.post(CHANGE, guess).status_code for _ in range(5)]
    right = browser.post(CHANGE, guess | {"old_password": PASSWORD})

    assert (statuses, right.status_code) == ([200] * 4 + [429], 429)
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)
