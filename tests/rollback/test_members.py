"""Sessions, tokens and memberships, which both releases know."""

import json

import pytest

from tests.conftest import report
from tests.rollback.browser import Browser
from tests.rollback.conftest import Pair, Site
from tests.rollback.releases import Release

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
    """Someone who may ask about acct_10234 alone."""
    make_member(site, new, "member")
    return "member"


def make_member(site: Site, new: Release, name: str) -> str:
    return new.succeed("shell", "--command", MAKE_MEMBER.format(name=name), environment=site.environment).split()[-1]


@pytest.fixture
def signed_in(both_for_members: Pair, member: str) -> Browser:
    browser, new = Browser(), both_for_members.new
    browser.post(new, "/sign-in", browser.get(new, "/sign-in"), username=member, password=PASSWORD)
    return browser


def test_a_member_signed_in_at_the_new_release_is_known_to_the_old_one(
    both_for_members: Pair, signed_in: Browser
) -> None:
    decided = signed_in.ask(both_for_members.new, both_for_members.old)

    result = signed_in.get(both_for_members.new, decided.location)

    assert (decided.status, result.status) == (303, 200)


def test_an_unknown_visitor_is_refused_by_both(both_for_members: Pair) -> None:
    old, new = both_for_members.old, both_for_members.new

    assert Browser().ask(old, old).status == 403
    assert Browser().get(new, "/").location == "/sign-in?next=/"


def test_a_token_of_the_new_release_is_accepted_by_both(both_for_members: Pair, site: Site, new: Release) -> None:
    made = new.succeed("create_token", "program", "--account", "acct_10234", environment=site.environment)
    bearer = {"Authorization": f"Bearer {made.split()[-1]}"}

    statuses = [
        server.ask("/rotation/decide", report(), **bearer)[0] for server in (both_for_members.new, both_for_members.old)
    ]

    assert statuses == [200, 200]


def test_memberships_of_the_new_release_bind_at_both(both_for_members: Pair, signed_in: Browser) -> None:
    servers = (both_for_members.new, both_for_members.old)

    pages = [signed_in.ask(server, server, "acct_51170").text for server in servers]

    assert ["no credential record" in page for page in pages] == [True, True]


def test_the_old_admin_deletes_a_member(both_for_members: Pair, site: Site, new: Release) -> None:
    pk, browser, old = make_member(site, new, "leaving"), Browser(), both_for_members.old
    browser.sign_in(old, "operator", site.password)
    path = f"/admin/auth/user/{pk}/delete/"

    deleted = browser.post(old, path, browser.get(old, path), post="yes")

    assert deleted.status == 302
    assert browser.get(both_for_members.new, f"/admin/auth/user/{pk}/change/").status == 302
