"""Find the trusted record a report is judged by. A miss is a value, not an exception."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.db import connection

from rotation.contract import CredentialFacts, CredentialKind, CredentialState
from traces.codes import ErrorCode

RECORDS = "SELECT item, kind, state, issued_on FROM rotation_credential WHERE account_id = %s"
# As long as an account id, and none.
NO_ACCOUNT = "acct_-----"


class Record(NamedTuple):
    item: str
    kind: str
    state: str
    issued_on: date


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
    candidates = sorted(_read(account_id, item), key=lambda record: (-record.issued_on.toordinal(), record.item))
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


def _read(account_id: str, item: str | None) -> list[Record]:
    """Ask by a plain statement, which the ORM takes ten times as long to make."""
    named = () if item is None else (item,)
    with connection.cursor() as cursor:
        cursor.execute(f"{RECORDS} AND item = %s" if named else RECORDS, [account_id, *named])
        return [Record(*row) for row in cursor.fetchall()]


def _facts(record: Record, today: date) -> CredentialFacts:
    return CredentialFacts(
        label=record.item,
        kind=CredentialKind(record.kind),
        state=CredentialState(record.state),
        age_days=(today - record.issued_on).days,
    )
