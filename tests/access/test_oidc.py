"""Single sign-on: who is let in, what the mapping gives and takes, and what the sign-in pages offer."""

import warnings
from base64 import urlsafe_b64encode
from hashlib import sha256
from urllib.parse import urlsplit

import httpx2
import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.db.models.signals import pre_save
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from pytest_django.asserts import assertContains, assertNotContains

from access.audit import AuditLine
from access.models import Identity, Membership
from access.sessions import UserSession
from tests.access.conftest import FOREIGN, GROUPS, OWN, PASSWORD, UNKNOWN, Visitor
from tests.access.issuers import (
    CALLBACK,
    CLIENT_SECRET,
    DISCOVERY,
    TinyIssuer,
    begin,
    come_back,
    trust,
    with_groups,
)
from tests.conftest import Response
from tests.interfaces.conftest import BROWSER

pytestmark = pytest.mark.any_database


def user() -> User:
    return Identity.objects.get(subject="ada-1").user


def given(user: User) -> tuple[bool, list[str], list[str]]:
    roles = user.groups.order_by("name").values_list("name", flat=True)
    return user.is_staff, list(roles), list(user.membership_set.values_list("account_id", flat=True))


# ---- A real issuer


def signed_in(browser: Client) -> bool:
    return Visitor(browser).ask_json(OWN).status_code == 200


def ask_real_issuer(browser: Client, server: str, *groups: str) -> Response:
    """Sign in at oidc-provider-mock, as a browser would."""
    httpx2.put(f"{server}/users/bea", json={"preferred_username": "bea", "groups": groups}).raise_for_status()
    address = browser.get("/sign-in/oidc", {"next": f"/?account={OWN}"})["Location"]
    back = urlsplit(httpx2.post(address, data={"sub": "bea"}).headers["Location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == f"http://testserver{CALLBACK}"
    return browser.get(f"{CALLBACK}?{back.query}")


# What the issuer itself is warned of.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_real_issuer_signs_in_and_its_groups_give_and_take(browser: Client, settings: Settings) -> None:
    with warnings.catch_warnings(record=True):
        from oidc_provider_mock import run_server_in_thread  # noqa: PLC0415 - its import warns, too

    settings.SITE_ADDRESS = "http://testserver"
    with run_server_in_thread() as running:
        server = f"http://localhost:{running.server_port}"
        trust(settings, server, **GROUPS)

        first = ask_real_issuer(browser, server, "ops", "b")
        bea = User.objects.get(username="bea")
        before = given(bea)
        again = ask_real_issuer(Client(headers={"Accept": BROWSER}), server, "a")

    bea.refresh_from_db()
    assert (first.status_code, first["Location"]) == (302, f"/?account={OWN}")
    assert (before, given(bea)) == ((True, ["operator"], [OWN, FOREIGN]), (False, [], [OWN]))
    assert (again.status_code, bea.has_usable_password(), User.objects.count()) == (302, False, 1)
    assert signed_in(browser)


# ---- What comes of a good token


def test_the_browser_is_sent_with_state_nonce_and_a_challenge(browser: Client, issuer: TinyIssuer) -> None:
    sent = begin(browser)
    issuer.id_token = with_groups(issuer, "a")(sent["nonce"])
    browser.get(CALLBACK, {"state": sent["state"], "code": "code-7d1e"})

    _path, form, authorization = next(asked for asked in issuer.asked if asked[0] == "/token")
    digest = sha256(form["code_verifier"][0].encode()).digest()
    assert sent["code_challenge"] == urlsafe_b64encode(digest).decode().rstrip("=")
    assert (sent["code_challenge_method"], sent["scope"]) == ("S256", "openid profile")
    assert (form["code"], form["redirect_uri"]) == (["code-7d1e"], [sent["redirect_uri"]])
    assert authorization
    assert "client_secret" not in form


def test_an_issuer_that_wants_the_secret_in_the_form_gets_it_there(browser: Client, issuer: TinyIssuer) -> None:
    issuer.discovery = {
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "authorization_endpoint": f"{issuer.url}/authorize?tenant=1",
    }

    assert come_back(browser, issuer, with_groups(issuer, "a")).status_code == 302
    _, form, authorization = next(asked for asked in issuer.asked if asked[0] == "/token")
    assert (form["client_secret"], authorization) == ([CLIENT_SECRET], None)


def test_what_the_mapping_names_is_taken_away_and_the_rest_stays(browser: Client, issuer: TinyIssuer) -> None:
    come_back(browser, issuer, with_groups(issuer, "ops", "b"))
    user().groups.add(Group.objects.get(name="engineer"), Group.objects.create(name="by hand"))
    Membership.objects.create(user=user(), account_id=UNKNOWN)

    come_back(browser, issuer, with_groups(issuer, "a"))
    kept = given(user())
    come_back(browser, issuer, with_groups(issuer))

    assert kept == (True, ["by hand"], [OWN, UNKNOWN])
    assert given(user()) == (True, ["by hand"], [UNKNOWN])


def test_who_loses_the_last_group_is_signed_out_everywhere(
    browser: Client, issuer: TinyIssuer, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    come_back(browser, issuer, with_groups(issuer, "ops"))
    elsewhere = Client(headers={"Accept": BROWSER})

    with django_capture_on_commit_callbacks(execute=True):
        refused = come_back(elsewhere, issuer, with_groups(issuer))

    assertContains(refused, "nobody has given you access here", status_code=403)
    assert given(user()) == (False, [], [])
    assert not UserSession.objects.filter(user_id=user().pk).exists()
    assert browser.get("/admin/").status_code == 302


def test_a_person_without_any_group_of_ours_is_no_user(browser: Client, issuer: TinyIssuer) -> None:
    assertContains(come_back(browser, issuer), "nobody has given you access here", status_code=403)

    assert not User.objects.exists()
    assert not AccessAttempt.objects.exists()


def test_a_name_or_mail_alone_leads_to_no_user(browser: Client, issuer: TinyIssuer, ada: User) -> None:
    come_back(browser, issuer, with_groups(issuer, "a", email=ada.email))
    come_back(browser, issuer, with_groups(issuer, "a", sub="ada-2", preferred_username="a b"))

    names = list(User.objects.order_by("pk").values_list("username", flat=True))
    assert user() != ada
    assert names[0] == "ada"
    assert [name.rstrip("0123456789abcdef") for name in names[1:]] == ["ada-", "user-"]


def test_an_inactive_user_is_refused_and_given_nothing(browser: Client, issuer: TinyIssuer, ada: User) -> None:
    Identity.objects.create(user=ada, issuer=issuer.url, subject="ada-1")
    User.objects.update(is_active=False)

    assert come_back(browser, issuer, with_groups(issuer, "ops", "b")).status_code == 403
    assert given(user()) == (False, [], [OWN])


def test_a_connected_superuser_stays_one_and_nobody_becomes_one(browser: Client, issuer: TinyIssuer) -> None:
    root = User.objects.create_superuser("root")
    Identity.objects.create(user=root, issuer=issuer.url, subject="ada-1")

    come_back(browser, issuer, with_groups(issuer))
    come_back(Client(), issuer, with_groups(issuer, "ops", sub="eve", is_superuser=True))

    assert browser.get("/admin/auth/user/").status_code == 200
    assert list(User.objects.filter(is_superuser=True)) == [root]


def test_one_group_may_be_a_text(browser: Client, issuer: TinyIssuer, settings: Settings) -> None:
    trust(settings, issuer.url, GROUPS_CLAIM="hd", ACCOUNTS={"example.com": (OWN,)})

    assert come_back(browser, issuer, lambda nonce: issuer.sign(nonce, hd="example.com")).status_code == 302
    assert given(user()) == (False, [], [OWN])


def test_the_audit_says_by_which_way(browser: Client, issuer: TinyIssuer) -> None:
    come_back(browser, issuer, with_groups(issuer, "a"))

    told = AuditLine.objects.order_by("pk").values_list("event", "way", "user_id", "by_id", "right")
    pk = user().pk
    assert list(told) == [
        ("user_created", "oidc", pk, None, ""),
        ("right_given", "oidc", pk, None, OWN),
        ("signed_in", "oidc", pk, pk, ""),
    ]


def test_signing_in_leads_to_our_own_pages_only(browser: Client, issuer: TinyIssuer) -> None:
    for following, leads in (("/password", "/password"), ("https://evil.test/", "/"), ("//evil.test", "/"), ("", "/")):
        sent = begin(browser, following)
        issuer.id_token = with_groups(issuer, "a")(sent["nonce"])
        assert browser.get(CALLBACK, {"state": sent["state"], "code": "c"})["Location"] == leads


def test_nothing_of_the_tokens_is_stored_or_logged(
    browser: Client, issuer: TinyIssuer, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    come_back(browser, issuer, with_groups(issuer, "a"))
    good = str(issuer.id_token)
    come_back(Client(), issuer, with_groups(issuer, "a", aud="other"))

    kept = " ".join(str(session.get_decoded()) for session in Session.objects.all())
    logged = f"{caplog.text} {capsys.readouterr()}"
    for secret in (good[-20:], str(issuer.id_token)[-20:], "code-7d1e", "access-7d1e", CLIENT_SECRET):
        assert secret not in kept + logged


def test_two_first_sign_ins_at_once_make_one_user(browser: Client, issuer: TinyIssuer, ada: User) -> None:
    def be_first(**_signal: object) -> None:
        Identity.objects.bulk_create([Identity(user=ada, issuer=issuer.url, subject="ada-1")])

    pre_save.connect(be_first, sender=Identity)
    try:
        refused = come_back(browser, issuer, with_groups(issuer, "a"))
    finally:
        pre_save.disconnect(be_first, sender=Identity)

    assertContains(refused, "sent twice. Try again.", status_code=403)
    assert come_back(browser, issuer, with_groups(issuer, "a")).status_code == 302


# ---- The sign-in pages, and passwords switched off


def test_the_sign_in_pages_offer_it_and_keep_where_to_go(browser: Client, issuer: TinyIssuer) -> None:
    for page in ("/sign-in", "/admin/login/"):
        link = '<a href="/sign-in/oidc?next=%2Fadmin%2F">Sign in with your company account</a>'
        assertContains(browser.get(page, {"next": "/admin/"}), link, html=True)


def test_without_an_issuer_there_is_no_single_sign_on(browser: Client) -> None:
    assertNotContains(browser.get("/sign-in"), "company account")
    assert [browser.get(path).status_code for path in ("/sign-in/oidc", CALLBACK)] == [404, 404]


def test_with_passwords_off_only_superusers_have_one(
    browser: Client, issuer: TinyIssuer, settings: Settings, ada: User
) -> None:
    User.objects.create_superuser("root", password=PASSWORD)
    settings.PASSWORD_SIGN_IN = "off"

    refused = browser.post("/sign-in", {"username": "ada", "password": PASSWORD})
    broken_glass = browser.post("/sign-in", {"username": "root", "password": PASSWORD})

    assertContains(refused, "do not go together")
    assertContains(Client().get("/sign-in"), "Only administrators have a password here.")
    assert broken_glass.status_code == 302
    assert AccessAttempt.objects.get().username == "ada"
    issuer.answers = {DISCOVERY: (500, {})}
    assertNotContains(Client().get("/sign-in/oidc"), "If you have a password", status_code=503)
