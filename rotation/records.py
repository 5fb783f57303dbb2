"""Find the trusted record a report is judged by. A miss is a value, not an exception."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from rotation.contract import CredentialFacts, CredentialKind, CredentialState
from rotation.models import Credential
from traces.codes import ErrorCode

# As long as an account id, and none.
NO_ACCOUNT = "acct_-----"


@dataclass(frozen=True)
class NoCredential:
    """There is no single record to judge by; the code says why."""

    code: ErrorCode


FindCredential = Callable[[str, str | None, date], CredentialFacts | NoCredential]


def find_credential(account_id: str, item: str | None, today: date) -> CredentialFacts | NoCredential:
    """
    Read the account's records once and take the one that is meant.

    A named item is that record. Without a name it is the one active record or, where none is active, the latest
    issued; several active ones are ambiguous.
    """
    # The order for people costs as much as the query itself; here the few records are put in order by us.
    records = Credential.objects.filter(account_id=account_id).order_by()
    if item is not None:
        records = records.filter(item=item)
    candidates = sorted(records, key=lambda record: (-record.issued_on.toordinal(), record.item))
    if not candidates:
        return NoCredential(ErrorCode.ACCOUNT_UNKNOWN)
    active = [record for record in candidates if record.state == CredentialState.ACTIVE]
    if item is None and len(active) > 1:
        return NoCredential(ErrorCode.CREDENTIAL_AMBIGUOUS)
    return _facts((active or candidates)[0], today)


def find_own(may_ask_about: Callable[[str], bool]) -> FindCredential:
    """
    Find for somebody who may not ask about every account: a foreign one is as unknown as one that nobody has.

    It is looked up under no one's id, so that it costs what an unknown one costs, whatever we hold of it.
    """

    def find(account_id: str, item: str | None, today: date) -> CredentialFacts | NoCredential:
        return find_credential(account_id if may_ask_about(account_id) else NO_ACCOUNT, item, today)

    return find


def _facts(record: Credential, today: date) -> CredentialFacts:
    return CredentialFacts(
        label=record.item,
        kind=CredentialKind(record.kind),
        state=CredentialState(record.state),
        age_days=(today - record.issued_on).days,
    )
