"""A member with accounts, requests and a token."""

from datetime import date, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from access.models import Account, ApiToken, Membership
from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW, insert

ACCOUNTS = {"acct_10234": "Invoices GmbH", "acct_51170": "Loader & Sons", "acct_20468": ""}
TICKET: dict[str, Any] = {"workflow": "tickets", "decision": "billing", "account_id": None, "policy_line_ids": []}
ROWS: tuple[dict[str, Any], ...] = (COMPLETED_ROW, COMPLETED_ROW | {"decision": "needs_review"}, FAILED_ROW)


def signed_in_member(name: str = "ada", *, requests: int = 24) -> Client:
    """Return a client that is signed in as a member with three accounts, a used token and so many requests."""
    user = User.objects.create_user(name)
    for account_id, account_name in ACCOUNTS.items():
        Membership.objects.create(user=user, account_id=account_id)
        if account_name:
            Account.objects.get_or_create(account_id=account_id, name=account_name)
    token = ApiToken(name=f"nightly job of {name}", created_by=user, expires_on=date(2099, 12, 31))
    token.issue(["acct_10234"])
    # The same in every picture.
    ApiToken.objects.filter(pk=token.pk).update(prefix="rot_01234567")
    for number in range(requests):
        started_at = timezone.now() - timedelta(minutes=number)
        row = (*ROWS, COMPLETED_ROW | TICKET)[number % 4]
        insert(row | {"submitter": f"user:{user.pk}", "started_at": started_at, "finished_at": started_at})
    insert(COMPLETED_ROW | {"submitter": token.submitter})
    client = Client()
    client.force_login(user)
    return client
