"""Clerks edit the trusted records in the admin, which refuses impossible ones."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains

from rotation.models import Credential

ADD = "/admin/rotation/credential/add/"


def record(**changes: str) -> dict[str, str]:
    today = timezone.now().date()
    return {
        "account_id": "acct_10234",
        "item": "invoice-sync",
        "kind": "service_account_key",
        "state": "active",
        "issued_on": today.isoformat(),
        "issued_on_known": "on",
        "source": "inventory",
        "observed_at": f"{today}T00:00",
    } | changes


def test_clerk_adds_a_record_and_finds_it_by_its_account(admin_client: Client, db: None) -> None:
    admin_client.post(ADD, record())

    assert str(Credential.objects.get()) == "acct_10234 / invoice-sync"
    assertContains(admin_client.get("/admin/rotation/credential/?q=acct_102"), "invoice-sync")


def test_impossible_record_is_refused(admin_client: Client, subtests: pytest.Subtests) -> None:
    impossible = {
        "issued tomorrow": {"issued_on": (timezone.now().date() + timedelta(days=1)).isoformat()},
        "never issued": {"issued_on": ""},
        "digits of another script": {"account_id": "acct_1023\N{ARABIC-INDIC DIGIT FOUR}"},
        "short item": {"item": "ab"},
        "unknown kind": {"kind": "ssh_key"},
        "unknown state": {"state": "lost"},
    }

    for name, changes in impossible.items():
        with subtests.test(name):
            assertContains(admin_client.post(ADD, record(**changes)), "errorlist")
            assert not Credential.objects.exists()
