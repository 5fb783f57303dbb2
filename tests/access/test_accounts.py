"""The names of accounts: kept by clerks in the admin."""

from django.contrib.auth.models import Group, User
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains

from access.models import Account

PLACE = "/admin/access/account/"


def test_a_clerk_names_and_renames_an_account_and_finds_it_by_either() -> None:
    user = User.objects.create_user("clerk", is_staff=True)
    user.groups.add(Group.objects.get(name="records clerk"))
    clerk = Client()
    clerk.force_login(user)

    clerk.post(f"{PLACE}add/", {"account_id": "acct_10234", "name": "Invoices GmbH"})
    twice = clerk.post(f"{PLACE}add/", {"account_id": "acct_10234", "name": "Another"})
    clerk.post(f"{PLACE}{Account.objects.get().pk}/change/", {"account_id": "acct_10234", "name": "Billing GmbH"})

    assertContains(twice, "already exists")
    for words in ("acct_10", "billing"):
        assertContains(clerk.get(PLACE, {"q": words}), "Billing GmbH")
    assertNotContains(clerk.get(PLACE, {"q": "invoices"}), "Billing GmbH")
    assert str(Account.objects.get()) == "acct_10234 / Billing GmbH"
