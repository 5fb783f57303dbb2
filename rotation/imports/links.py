"""Whose a credential is: the links from owners in a source to our accounts, and new ones for `--assign`."""

from collections.abc import Iterable

from django.db import models

from access.import_files import CannotImport
from access.models import Account, Membership, TokenAccount
from rotation.contract import CredentialKind
from rotation.imports.snapshot import Observed
from rotation.models import Credential, CredentialOwner

# A source and the owner there, and what they are linked to.
Owner = tuple[str, str]
Link = tuple[str, str]
LAST_NUMBER = 99_999
HAVE_ACCOUNTS: tuple[type[models.Model], ...] = (Credential, CredentialOwner, Membership, TokenAccount, Account)


def read_links(observed: Iterable[Observed]) -> dict[Owner, Link]:
    """Return the account and the kind of each linked owner in these sources."""
    sources = {each.source for each in observed if each.account_id is None}
    stored = CredentialOwner.objects.filter(source__in=sources)
    return {(each.source, each.owner): (each.account_id, each.kind) for each in stored}


def assign(owners: Iterable[Owner], kind: CredentialKind) -> dict[Owner, Link]:
    """
    Give each owner the next free account.

    :raises CannotImport: there are more owners than free accounts
    """
    taken = taken_accounts()
    free = (account for number in range(1, LAST_NUMBER + 1) if (account := f"acct_{number:05}") not in taken)
    try:
        return {owner: (next(free), kind.value) for owner in owners}
    except StopIteration:
        raise CannotImport("There are fewer free account ids than owners without a link: link some by hand.") from None


def taken_accounts() -> set[str]:
    lists = (model.objects.order_by().values_list("account_id", flat=True).distinct() for model in HAVE_ACCOUNTS)  # type: ignore[attr-defined]
    return {account for each in lists for account in each}
