"""Passwords are changed by whoever knows them, and reset by a mail that reveals no accounts."""

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
from tests.interfaces.conftest import BROWSER

pytestmark = pytest.mark.any_database

RESET, CHANGE = "/password/reset", "/password"
NEW = "another-horse-battery"
LINK = re.compile(r"http://testserver(/password/reset/\S+)")


def ask(browser: Client, address: str = "ada@example.test") -> tuple[int, str, str]:
    """Ask for a mail and wait until it was sent; return the answer's status, address and page."""
    response = browser.post(RESET, {"email": address})
    wait_for_mail()
    told = browser.get(response["Location"])
    return response.status_code, response["Location"], VARYING.sub("", told.text)


def wait_for_mail() -> None:
    for thread in threading.enumerate():
        if thread.name == "mail":
            thread.join()


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


def test_link_leads_to_our_site_whatever_host_was_asked(browser: Client, ada: User, settings: Settings) -> None:
    settings.SITE_ADDRESS = "https://decisions.example.test:8443"

    browser.post(RESET, {"email": ada.email}, headers={"Host": "localhost:6666", "X-Forwarded-Host": "eve.example"})
    wait_for_mail()

    [address] = re.findall(r"\S+://\S+", str(mail.outbox[0].body))
    assert address.startswith("https://decisions.example.test:8443/password/reset/")


def test_the_page_is_the_same_for_known_and_unknown_addresses(browser: Client, ada: User) -> None:
    known, unknown = ask(browser), ask(browser, "eve@example.test")

    assert known == unknown
    assert len(mail.outbox) == 1
    assert '<a href="/sign-in">Sign in</a>' in known[2]
    assert "Start a new report" not in known[2]


def test_a_user_who_cannot_sign_in_gets_no_mail(browser: Client, ada: User) -> None:
    for change in ({"is_active": False}, {"is_active": True, "password": "!"}):
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


def test_a_mail_that_cannot_be_sent_is_logged_without_address_or_link(
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


def test_a_broken_or_expired_link_sets_no_password(browser: Client, ada: User, settings: Settings) -> None:
    ask(browser)
    assert settings.PASSWORD_RESET_TIMEOUT == 3600

    for path in (link()[:-1], "/password/reset/x/y", "/password/reset/MQ/set-password"):
        assertContains(browser.get(path), "This link no longer works")
    settings.PASSWORD_RESET_TIMEOUT = -1
    assertContains(browser.get(link()), "This link no longer works")


def test_a_weak_password_is_refused(browser: Client, ada: User) -> None:
    ask(browser)

    for password in ("short", "123456789012", "ada@example.test"):
        assert set_password(browser, link(), password) == 200, password
        ada.refresh_from_db()
        assert ada.check_password(PASSWORD), password
    assert set_password(browser, link()) == 302


def test_a_changed_password_ends_the_other_sessions(browser: Client, ada: User) -> None:
    other = Client(headers={"Accept": BROWSER})
    assertRedirects(browser.get(CHANGE), f"/sign-in?next={CHANGE}")
    for client in (browser, other):
        client.force_login(ada)

    response = browser.post(CHANGE, {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW})

    assertRedirects(response, "/password/changed")
    assert (browser.get("/").status_code, other.get("/").status_code) == (200, 302)


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
