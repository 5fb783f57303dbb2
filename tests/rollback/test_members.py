"""Sessions, tokens and memberships. The previous release knows the first of them alone."""

import json

import pytest

from tests.conftest import report
from tests.rollback.browser import Browser
from tests.rollback.conftest import Pair, Site, Tell
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


def test_a_stranger_is_let_in_by_neither(both_for_members: Pair) -> None:
    old, new = both_for_members.old, both_for_members.new

    assert Browser().ask(old, old).status == 403
    assert Browser().get(new, "/").location == "/sign-in?next=/"


def test_the_old_release_refuses_a_token_without_a_fault(
    both_for_members: Pair, site: Site, new: Release, tell: Tell
) -> None:
    made = new.succeed("create_token", "program", "--account", "acct_10234", environment=site.environment)
    bearer = {"Authorization": f"Bearer {made.split()[-1]}"}

    answers = [
        server.ask("/rotation/decide", report(), **bearer) for server in (both_for_members.new, both_for_members.old)
    ]

    tell(f"a token at the old release: {answers[1][0]} {json.loads(answers[1][1])['type']}")
    assert [status for status, _ in answers] == [200, 403]


def test_memberships_bind_at_the_new_release(both_for_members: Pair, signed_in: Browser, tell: Tell) -> None:
    at_new = signed_in.ask(both_for_members.new, both_for_members.new, "acct_51170")
    at_old = signed_in.ask(both_for_members.old, both_for_members.old, "acct_51170")

    binds = "no record" in at_old.text
    tell(f"an account that a member was not given, at the old release: {'unknown' if binds else 'ASKED ABOUT'}")
    assert "no credential record" in at_new.text


def test_the_old_admin_deletes_a_member_whole_or_not_at_all(
    both_for_members: Pair, site: Site, new: Release, tell: Tell
) -> None:
    pk, browser, old = make_member(site, new, "leaving"), Browser(), both_for_members.old
    browser.sign_in(old, "operator", site.password)
    path = f"/admin/auth/user/{pk}/delete/"

    asked = browser.get(old, path)
    deleted = browser.post(old, path, asked, post="yes")

    still_there = browser.get(both_for_members.new, f"/admin/auth/user/{pk}/change/").status == 200
    tell(f"a member deleted in the old release's admin: {deleted.status}, {'still there' if still_there else 'gone'}")
    assert still_there == (deleted.status == 500)
