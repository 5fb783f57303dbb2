"""The session: its cookie, its duration and its end."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from tests.configuration.conftest import VALID, manage
from tests.operators.conftest import LOGIN, PASSWORD, SignIn

ADMIN = "/admin/"


@pytest.fixture
def signed_in(sign_in: SignIn) -> Client:
    client = Client()
    sign_in(client=client)
    return client


def may_enter(client: Client) -> bool:
    return client.get(ADMIN).status_code == 200


def with_session(key: str) -> Client:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    return client


def change_password(client: Client, new: str) -> int:
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    return client.post("/password", form).status_code


def test_cookies_are_hidden_from_scripts_and_end_with_the_browser(client: Client, signed_in: Client) -> None:
    client.get(LOGIN)

    cookie, csrf = signed_in.cookies["sessionid"], client.cookies["csrftoken"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "")
    assert (cookie["max-age"], cookie["expires"]) == ("", "")
    assert (csrf["httponly"], csrf["samesite"]) == (True, "Lax")


@pytest.mark.any_database
@pytest.mark.parametrize(("https", "secure"), [("true", True), ("false", False)])
def test_with_https_cookies_and_later_visits_need_https(https: str, *, secure: bool) -> None:
    printed = manage("diffsettings", "--all", environment={**VALID, "HTTPS": https}).stdout

    lines = {line.removeprefix("### ") for line in printed.splitlines()}
    assert {f"{name}_COOKIE_SECURE = {secure}" for name in ("SESSION", "CSRF")} <= lines
    assert f"SECURE_HSTS_SECONDS = {31_536_000 if secure else 0}" in lines


def test_a_session_ends_after_twelve_hours_whatever_the_browser_keeps(signed_in: Client) -> None:
    session = Session.objects.get()
    assert timedelta(hours=11, minutes=59) < session.expire_date - timezone.now() <= timedelta(hours=12)

    Session.objects.update(expire_date=timezone.now())

    assert not may_enter(signed_in)


def test_a_session_from_before_the_sign_in_gets_no_rights(sign_in: SignIn) -> None:
    planted: Any = import_module(settings.SESSION_ENGINE).SessionStore()
    planted["theme"] = "dark"
    planted.create()
    victim = with_session(planted.session_key)

    sign_in(client=victim)

    assert victim.cookies["sessionid"].value != planted.session_key
    assert may_enter(victim)
    assert not may_enter(with_session(planted.session_key))


def test_signing_out_by_a_form_ends_the_session_for_every_copy_of_its_cookie(signed_in: Client) -> None:
    copy = with_session(signed_in.cookies["sessionid"].value)

    assert signed_in.get("/admin/logout/").status_code == 405
    assert may_enter(signed_in)

    signed_in.post("/admin/logout/")
    assert not may_enter(signed_in)
    assert not may_enter(copy)


def test_a_form_of_another_site_is_refused(operator: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(operator)

    for path in ("logout/", "password_change/", "login/"):
        assert client.post(ADMIN + path, {"username": "ada", "password": PASSWORD}).status_code == 403
    assert may_enter(client)


def test_a_new_password_ends_every_other_session(signed_in: Client, sign_in: SignIn) -> None:
    elsewhere = Client()
    sign_in(client=elsewhere)

    change_password(signed_in, "another-horse-battery")

    assert may_enter(signed_in)
    assert not may_enter(elsewhere)


def test_a_weak_password_is_refused(signed_in: Client, sign_in: SignIn) -> None:
    for weak in ("elevenchars", "ada.lovelace1", "123456789012345", "qwertyuiop123"):
        assert change_password(signed_in, weak) == 200, weak
        assert sign_in(password=weak).status_code == 200, weak
    assert sign_in().status_code == 302


def test_signing_in_leads_to_no_other_site(operator: User) -> None:
    for there in ("https://evil.test/", "//evil.test/", "/\\evil.test", "javascript:alert(1)"):
        response = Client().post(LOGIN, {"username": "ada", "password": PASSWORD, "next": there})

        assert (response.status_code, response["Location"]) == (302, ADMIN), there


def test_a_deactivated_user_is_signed_out_at_once(signed_in: Client) -> None:
    User.objects.update(is_active=False)

    assert not may_enter(signed_in)
