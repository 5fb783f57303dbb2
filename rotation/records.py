"""Find the trusted record that a report is judged by. A miss is a value, not an exception."""

import logging
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from django.apps import apps
from django.db import DataError, connection
from django.db.models import Max

from decisions.workflow import Missing
from rotation.contract import CredentialFacts, CredentialKind, CredentialState
from rotation.faults import FAULT, FAULTS_BY_VENDOR, NO_DATE, TABLE
from traces.codes import ErrorCode

COLUMNS = "id, item, kind, state, issued_on, issued_on_known, observed_at"
RECORDS = {
    vendor: f"SELECT {COLUMNS}, {fault} FROM {TABLE} WHERE account_id = %s"  # noqa: S608 - names of ours
    for vendor, fault in FAULT.items()
}
# SQLite's lower() knows the letters from A to Z only.
NAMED = " AND (item = %s OR lower(item) = lower(%s))"
MOST_LABELS = 1000
# An unknown issue day comes last.
LATEST_FIRST = "ORDER BY issued_on DESC, item"
# As long as an account id, but not a valid one.
NO_ACCOUNT = "acct_-----"
HOUR = timedelta(hours=1)
logger = logging.getLogger(__name__)


class Record(NamedTuple):
    """`fault` says what makes the record bad. Only then may a value be of another type."""

    id: int
    item: str
    kind: str
    state: str
    issued_on: date
    issued_on_known: bool
    observed_at: datetime
    fault: str | None


def find_credential(
    account_id: str, item: str | None, now: datetime, *, fresh_hours: int | None = None
) -> CredentialFacts | Missing:
    """
    Read the account's records once and choose one.

    With an item, choose its record, in any case if no other label of the account differs in case alone. Without one,
    choose the only active record or, if none is active, the record issued last. Several active records are ambiguous. A
    bad record is our own fault, which only operators can mend.
    """
    try:
        candidates = _read(account_id, item)
    except (DataError, ValueError):
        # SQLite holds a day that does not exist, PostgreSQL one that Python does not know.
        logger.error("a credential record needs a date; run manage.py doctor")  # noqa: TRY400 - the text would be shown
        return Missing(ErrorCode.INTERNAL_ERROR)
    if len(candidates) > 1 and item is not None:
        candidates = [record for record in candidates if record.item == item]
    if not candidates:
        return Missing(ErrorCode.ACCOUNT_UNKNOWN)
    active = [record for record in candidates if record.state == CredentialState.ACTIVE]
    if item is None and len(active) > 1:
        return Missing(ErrorCode.CREDENTIAL_AMBIGUOUS)
    record = (active or candidates)[0]
    if record.fault:
        logger.error("credential record %s %s", record.id, record.fault)
        return Missing(ErrorCode.INTERNAL_ERROR)
    return CredentialFacts(
        label=record.item,
        kind=CredentialKind(record.kind),
        state=CredentialState(record.state),
        age_days=(now.date() - record.issued_on).days if record.issued_on_known else None,
        # SQLite's times name no zone. All are in UTC.
        record_age_hours=(now - record.observed_at.replace(tzinfo=UTC)) // HOUR,
        fresh_hours=fresh_hours,
    )


def oldest_source() -> tuple[str, datetime] | None:
    """Find the source of active records whose newest observation is the oldest. No other record can be eligible."""
    model: Any = apps.get_model("rotation", "Credential")
    unreadable = FAULTS_BY_VENDOR[connection.vendor][NO_DATE].format("")
    active = model.objects.filter(state=CredentialState.ACTIVE).extra(where=[f"NOT ({unreadable})"])  # noqa: S610 - ours
    newest = active.values("source").annotate(newest=Max("observed_at"))
    found: tuple[str, datetime] | None = newest.values_list("source", "newest").order_by("newest", "source").first()
    return found


def active_labels(account_id: str) -> list[str]:
    model: Any = apps.get_model("rotation", "Credential")
    active = model.objects.filter(account_id=account_id, state=CredentialState.ACTIVE)
    return list(active.order_by("item").values_list("item", flat=True)[:MOST_LABELS])


def _read(account_id: str, item: str | None) -> list[Record]:
    """Send a plain statement: the ORM takes ten times as long to build it."""
    named = () if item is None else (item, item)
    with connection.cursor() as cursor:
        cursor.execute(f"{RECORDS[connection.vendor]}{NAMED if named else ''} {LATEST_FIRST}", [account_id, *named])
        return [Record(*row) for row in cursor.fetchall()]
