"""Sessions, tokens and memberships are valid in both releases."""

import pytest

from tests.conftest import report
from tests.rollback.browser import Browser
from tests.rollback.conftest import SHARES_COOKIES, Servers, Site
from tests.rollback.releases import SCHEME, Release
from tests.torture.ledgers import query

PASSWORD = "correct-horse-battery"
MAKE_MEMBER = f"""
from access.models import Membership
from django.contrib.auth.models import User
member = User.objects.create_user("{{name}}", password="{PASSWORD}")
Membership.objects.create(user=member, account_id="acct_10234")
print(member.pk)
"""


@pytest.fixture(scope="module")
def member(site: Site, new: Release) -> str:
    """The name of a user who may ask only about acct_10234."""
    make_member(site, new, "member")
    return "member"


def make_member(site: Site, new: Release, name: str) -> str:
    return new.succeed("shell", "--command", MAKE_MEMBER.format(name=name), environment=site.environment).split()[-1]


@pytest.fixture
def signed_in(members_servers: Servers, member: str) -> Browser:
    """Signed in at the new release, and over HTTPS at the old one too."""
    browser = Browser()
    for server in (members_servers.new, members_servers.old)[: 1 + (SCHEME == "https")]:
        browser.post(server, "/sign-in", browser.get(server, "/sign-in"), username=member, password=PASSWORD)
    return browser


@SHARES_COOKIES
def test_session_of_the_new_release_is_valid_in_the_old_one(members_servers: Servers, signed_in: Browser) -> None:
    decided = signed_in.ask(members_servers.new, members_servers.old)

    result = signed_in.get(members_servers.new, decided.location)

    assert (decided.status, result.status) == (303, 200)


def test_both_releases_refuse_unknown_visitors(members_servers: Servers) -> None:
    old, new = members_servers.old, members_servers.new

    assert Browser().ask(old, old).status == 403
    assert Browser().get(new, "/").location == "/sign-in?next=/"


def test_both_releases_accept_a_token_of_the_new_one(members_servers: Servers, site: Site, new: Release) -> None:
    made = new.succeed("create_token", "program", "--account", "acct_10234", environment=site.environment)
    bearer = {"Authorization": f"Bearer {made.split()[-1]}"}

    statuses = [
        server.ask("/rotation/decide", report(), **bearer)[0] for server in (members_servers.new, members_servers.old)
    ]

    assert statuses == [200, 200]


def test_both_releases_respect_memberships_of_the_new_one(members_servers: Servers, signed_in: Browser) -> None:
    servers = (members_servers.new, members_servers.old)

    pages = [signed_in.ask(server, server, "acct_51170").text for server in servers]

    assert ["no credential record" in page for page in pages] == [True, True]


def test_old_admin_deletes_a_member(members_servers: Servers, site: Site, new: Release) -> None:
    pk, browser, old = make_member(site, new, "leaving"), Browser(), members_servers.old
    browser.sign_in(old, "operator", site.password)
    path = f"/admin/auth/user/{pk}/delete/"

    deleted = browser.post(old, path, browser.get(old, path), post="yes")

    assert deleted.status == 302
    # Its lines in the audit, which the old release does not know, are still there.
    assert query(site.url, f"SELECT count(*) FROM access_auditline WHERE user_id = {pk}") == [(2,)]  # noqa: S608
    assert browser.get(members_servers.new, f"/admin/auth/user/{pk}/change/").status == 302
