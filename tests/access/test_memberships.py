"""Superusers add and delete memberships in the admin."""

from django.contrib.auth.models import User
from pytest_django.asserts import assertContains

from access.models import Membership
from tests.access.conftest import FOREIGN, OWN, signed_in


def test_a_membership_is_added_by_name_and_deleted_in_the_admin(ada: User) -> None:
    root = signed_in("root", superuser=True).client
    place = "/admin/access/membership/"

    root.post(f"{place}add/", {"user": "ada", "accounts": FOREIGN})
    twice = root.post(f"{place}add/", {"user": "ada", "accounts": FOREIGN})
    nobody = root.post(f"{place}add/", {"user": "eve", "accounts": FOREIGN})
    root.post(f"{place}{Membership.objects.get(account_id=OWN).pk}/delete/", {"post": "yes"})

    assertContains(twice, "This user has these accounts already.")
    assertContains(nobody, "There is no user of that name.")
    assert [each.account_id for each in Membership.objects.filter(user=ada)] == [FOREIGN]


def test_a_membership_needs_an_account_id(ada: User) -> None:
    root = signed_in("root", superuser=True).client

    for account in (f"{OWN} acct_1", "acct_1", "acct_102345", "acct_1023\N{ARABIC-INDIC DIGIT FOUR}", ""):
        page = root.post("/admin/access/membership/add/", {"user": "ada", "accounts": account})
        assert (page.status_code, Membership.objects.count()) == (200, 1), account


def test_the_memberships_of_a_deleted_user_are_deleted(ada: User) -> None:
    ada.delete()

    assert not Membership.objects.exists()
