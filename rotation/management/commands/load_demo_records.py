"""Load the credential records of the demo."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from rotation.contract import CredentialKind, CredentialState
from rotation.models import Credential

SOURCE = "demo"
KEY, PASSWORD = CredentialKind.SERVICE_ACCOUNT_KEY, CredentialKind.USER_PASSWORD
ACTIVE, DISABLED = CredentialState.ACTIVE, CredentialState.DISABLED
RECORDS = [
    ("acct_10234", "invoice-sync", KEY, ACTIVE, 12),
    ("acct_20468", "report-mailer", KEY, ACTIVE, 45),
    ("acct_30702", "jane.doe", PASSWORD, ACTIVE, 20),
    ("acct_40936", "old-exporter", KEY, DISABLED, 8),
    ("acct_51170", "loader-blue", KEY, ACTIVE, 5),
    ("acct_51170", "loader-green", KEY, ACTIVE, 25),
]


class Command(BaseCommand):
    help = "Load the demo's credential records; their dates move along with today, records of other sources stay."

    def handle(self, **_options: Any) -> str:
        now = timezone.now()
        for account_id, item, kind, state, age_days in RECORDS:
            issued_on = now.date() - timedelta(days=age_days)
            known = {"kind": kind, "state": state, "source": SOURCE, "issued_on": issued_on}
            Credential.objects.get_or_create(account_id=account_id, item=item, defaults=known)
            Credential.objects.filter(account_id=account_id, item=item, source=SOURCE).update(
                issued_on=issued_on, issued_on_known=True, observed_at=now
            )
        return f"{len(RECORDS)} demo credential records are in place."
