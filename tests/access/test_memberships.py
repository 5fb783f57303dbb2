"""Memberships: given and taken away by superusers, by the names of users."""

import pytest
from django.contrib.auth.models import User
from pytest_django.asserts import assertContains

from access.models import Membership
from tests.access.conftest import FOREIGN, OWN, signed_in


@pytest.fixture
def ada() -> User:
    user = User.objects.create_user("ada")
    Membership.objects.create(user=user, account_id=OWN)
    return user


def test_a_membership_is_added_by_name_and_deleted_in_the_admin(ada: User) -> None:
    root = signed_in("root", superuser=True).client
    place = "/admin/access/membership/"

    root.post(f"{place}add/", {"user": "ada", "account_id": FOREIGN})
    twice = root.post(f"{place}add/", {"user": "ada", "account_id": FOREIGN})
    nobody = root.post(f"{place}add/", {"user": "eve", "account_id": FOREIGN})
    root.post(f"{place}{Membership.objects.get(account_id=OWN).pk}/delete/", {"post": "yes"})

    assertContains(twice, "already exists")
    assertContains(nobody, "There is no user of that name.")
    assert [each.account_id for each in Membership.objects.filter(user=ada)] == [FOREIGN]


@pytest.mark.parametrize("account", ["acct_1", "acct_102345", "acct_1023\N{ARABIC-INDIC DIGIT FOUR}", ""])
def test_a_membership_needs_an_account_id(ada: User, account: str) -> None:
    root = signed_in("root", superuser=True).client

    page = root.post("/admin/access/membership/add/", {"user": "ada", "account_id": account})

    assert (page.status_code, Membership.objects.count()) == (200, 1)


def test_who_leaves_takes_their_memberships_along() -> None:
    signed_in("ada", OWN)

    User.objects.get(username="ada").delete()

    assert not Membership.objects.exists()
