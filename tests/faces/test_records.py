"""Clerks keep the trusted records in the admin; what cannot be true is refused there."""

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
        "source": "inventory",
        "observed_at_0": today.isoformat(),
        "observed_at_1": "00:00",
    } | changes


def test_a_clerk_adds_a_record_and_finds_it_by_its_account(admin_client: Client, db: None) -> None:
    admin_client.post(ADD, record())

    assert str(Credential.objects.get()) == "acct_10234 / invoice-sync"
    assertContains(admin_client.get("/admin/rotation/credential/?q=acct_102"), "invoice-sync")


TOMORROW = (timezone.now().date() + timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"issued_on": TOMORROW}, id="issued tomorrow"),
        pytest.param({"issued_on": ""}, id="never issued"),
        pytest.param({"account_id": "acct_1023\N{ARABIC-INDIC DIGIT FOUR}"}, id="another script's digits"),
        pytest.param({"item": "ab"}, id="short item"),
        pytest.param({"kind": "ssh_key"}, id="unknown kind"),
        pytest.param({"state": "lost"}, id="unknown state"),
    ],
)
def test_a_record_that_cannot_be_true_is_refused(admin_client: Client, wrong: dict[str, str]) -> None:
    response = admin_client.post(ADD, record(**wrong))

    assertContains(response, "errorlist")
    assert not Credential.objects.exists()
