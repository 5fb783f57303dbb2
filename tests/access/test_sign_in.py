"""Signing in and out in members mode: redirects, sessions, and a text that survives both."""

import pytest
from django.conf import settings as configured
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tests.access.conftest import OWN, PASSWORD, Visitor, signed_in
from tests.conftest import REPORT, Response, report
from tests.interfaces.conftest import BROWSER, database_down, hidden, problem
from traces.models import TraceRecord

pytestmark = pytest.mark.any_database

SIGN_IN, SIGN_OUT = "/sign-in", "/sign-out"


def sign_in(client: Client, password: str = PASSWORD, **more: str) -> Response:
    return client.post(SIGN_IN, {"username": "ada", "password": password} | more)


def tied(client: Client, path: str) -> str:
    """Return the CSRF token of a page."""
    return hidden(client.get(path), "csrfmiddlewaretoken")


def test_a_page_redirects_to_the_sign_in_page_and_back(browser: Client, ada: User) -> None:
    path = f"/rotation/trace_{'0' * 26}"

    for asked, following in (("/", "/"), ("/?retry_of=trace_0", "/%3Fretry_of%3Dtrace_0"), (path, path)):
        response = browser.get(asked)
        assert (response.status_code, response["Location"]) == (302, f"{SIGN_IN}?next={following}")

    page = browser.get(response["Location"])
    assert sign_in(browser, next=hidden(page, "next"))["Location"] == path


def test_signing_in_redirects_to_this_site_only(ada: User) -> None:
    evil = "https://evil.test/", "//evil.test/", "/\\evil.test", "\t//evil.test", "http:evil.test"

    for following in (*evil, "javascript:alert(1)", ""):
        browser = Client(headers={"Accept": BROWSER})
        assertNotContains(browser.get(SIGN_IN, {"next": following}), "evil")
        assertRedirects(sign_in(browser, next=following), "/", fetch_redirect_response=False)


def test_a_wrong_password_says_no_more_than_a_wrong_name(browser: Client, ada: User) -> None:
    wrong, unknown = sign_in(browser, "wrong"), sign_in(browser, username="eve")
    ada.is_active = False
    ada.save()
    inactive = sign_in(browser)

    for response in (wrong, unknown, inactive):
        assertContains(response, "This user name and password do not go together.")
        assertNotContains(response, PASSWORD)
    assert "sessionid" not in browser.cookies


def test_sign_ins_are_throttled_as_the_admins_are(browser: Client, ada: User) -> None:
    statuses = [sign_in(browser, "wrong").status_code for _ in range(5)]

    assert [*statuses, sign_in(browser).status_code] == [200] * 4 + [429] * 2


def test_signing_in_changes_the_session_and_the_csrf_secret(browser: Client, ada: User) -> None:
    session = browser.session
    session["before"] = "planted"
    session.save()
    browser.cookies[configured.SESSION_COOKIE_NAME] = planted = str(session.session_key)
    tied(browser, SIGN_IN)
    secret = browser.cookies["csrftoken"].value

    sign_in(browser)

    assert browser.cookies["sessionid"].value != planted
    assert browser.cookies["csrftoken"].value != secret
    assert Visitor(headers={"Cookie": f"sessionid={planted}"}).ask_json(OWN).status_code == 401


def test_the_header_names_the_user_in_members_mode_and_signs_out(
    browser: Client, ada: User, settings: Settings
) -> None:
    sign_in(browser)
    settings.ACCESS = "open"
    assertNotContains(browser.get("/"), "Signed in")
    settings.ACCESS = "members"
    assertContains(browser.get("/"), "Signed in as ada")

    response = browser.post(SIGN_OUT)

    assertRedirects(response, SIGN_IN)
    assert browser.get("/").status_code == 302


def test_signing_in_and_out_need_a_csrf_token(ada: User) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"Accept": BROWSER})

    assert sign_in(strict).status_code == 403
    assert sign_in(strict, csrfmiddlewaretoken=tied(strict, SIGN_IN)).status_code == 302
    assert (strict.get(SIGN_OUT).status_code, strict.post(SIGN_OUT).status_code) == (405, 403)
    assert strict.post(SIGN_OUT, {"csrfmiddlewaretoken": tied(strict, "/")}).status_code == 302


def test_without_a_database_the_page_still_says_so() -> None:
    ada = signed_in("ada", OWN)

    with database_down():
        page = ada.client.get("/", headers={"Accept": BROWSER})

    assertContains(page, "Our records cannot be reached.", status_code=503)


def test_an_ended_session_keeps_the_text_through_signing_in_again(ada: User) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"Accept": BROWSER})
    strict.force_login(ada)
    form = report(OWN) | {"csrfmiddlewaretoken": tied(strict, "/")}
    del strict.cookies["sessionid"]

    ended = strict.post("/", form)
    sign_in(strict, csrfmiddlewaretoken=tied(strict, SIGN_IN))
    again = strict.post("/", form)
    sent = strict.post("/", form | {"csrfmiddlewaretoken": hidden(again, "csrfmiddlewaretoken")})

    assertContains(ended, 'target="_blank" rel="noopener">Sign in in a new tab</a>', status_code=403)
    assert (ended.status_code, again.status_code, sent.status_code) == (403, 403, 303)
    assert all(f"{REPORT}</textarea>" in page.text for page in (ended, again))
    assert TraceRecord.objects.count() == 1


def test_a_form_that_looks_for_its_report_is_not_redirected(browser: Client) -> None:
    response = browser.get("/?submission=0123456789abcdef")

    assertContains(response, f'href="{SIGN_IN}?next=%2F%3Fsubmission%3D0123456789abcdef"', status_code=403)


def test_a_refused_program_learns_what_to_send() -> None:
    refusal = Visitor().ask_json(OWN)

    assert "Authorization: Bearer" in problem(refusal, 401)["detail"]
    assert refusal["WWW-Authenticate"] == "Bearer"
