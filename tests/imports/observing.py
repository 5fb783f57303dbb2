"""Snapshots for the tests of imports, and a format of their own that makes them from a file."""

import csv
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from io import StringIO
from typing import Any

from access.import_files import FileRefused, ImportFile, RefusedLine
from access.models import Account
from rotation.contract import CredentialKind, CredentialState
from rotation.imports.apply import ImportRun, Outcome, run_import
from rotation.imports.plan import Plan, make_plan
from rotation.imports.snapshot import Observed, Snapshot
from rotation.models import Credential, CredentialOwner

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
EARLIER, LATER = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
DAY = date(2026, 11, 1)
AWS, OTHER_AWS = "aws:111111111111", "aws:222222222222"
KEY = CredentialKind.SERVICE_ACCOUNT_KEY
COLUMNS = "source,owner,item,state,observed_at"

BOT = Observed("report.csv", 2, AWS, "bot", "bot/access_key_1", CredentialState.ACTIVE, EARLIER, DAY)


def observed(item: str = BOT.item, **changes: Any) -> Observed:
    """Return an active key of the owner `bot`, which was observed an hour ago."""
    return replace(BOT, item=item, **changes)


def full(*found: Observed, source: str = AWS, at: datetime = EARLIER, **more: Any) -> Snapshot:
    """Return a snapshot that describes one source in full."""
    return Snapshot(found, {source: at}, **more)


def link(owner: str = "bot", *, source: str = AWS, account_id: str = "acct_10001") -> CredentialOwner:
    return CredentialOwner.objects.create(source=source, owner=owner, account_id=account_id, kind=KEY.value)


def plan(snapshot: Snapshot, **options: Any) -> Plan:
    return make_plan(snapshot, **{"now": NOW, **options})


def apply(snapshot: Snapshot, *, skip_refused: bool = False, user_id: int | None = None, **options: Any) -> Outcome:
    import_run = ImportRun("test", ["0" * 64], NOW, "ada", user_id)
    return run_import(partial(plan, snapshot, **options), import_run, skip_refused=skip_refused)


def counts(outcome: Outcome) -> tuple[int, ...]:
    """Return how many records were added, changed, disabled and unchanged, and how many lines refused."""
    return tuple(outcome.plan.counts.values())


def stored(item: str = BOT.item) -> Credential:
    return Credential.objects.get(item=item)


def read_test_format(files: Sequence[ImportFile], scope: str | None, now: datetime) -> Snapshot:
    """Read CSV with COLUMNS. Every source is described in full. A state that is not known refuses its line."""
    found: list[Observed] = []
    refused: list[RefusedLine] = []
    for file in files:
        rows = csv.DictReader(StringIO(file.content.decode()))
        if ",".join(rows.fieldnames or ()) != COLUMNS:
            raise FileRefused(RefusedLine(file.name, 0, "It is no inventory."))
        for number, row in enumerate(rows, 2):
            if row["state"] not in {*CredentialState}:
                refused.append(RefusedLine(file.name, number, "The state is not known."))
                continue
            at, state = datetime.fromisoformat(row["observed_at"]), CredentialState(row["state"])
            found.append(Observed(file.name, number, scope or row["source"], row["owner"], row["item"], state, at))
    times = {each.source: each.observed_at for each in found}
    return Snapshot(found, times, tuple(refused), {"A key that its maker manages.": 2}, ("Read for a test.",))


def make_record(account_id: str, item: str, **changes: object) -> Credential:
    known = {"kind": KEY, "state": "active", "issued_on": DAY, "source": AWS, "observed_at": NOW}
    return Credential.objects.create(account_id=account_id, item=item, **known | changes)


def sentences(snapshot: Snapshot) -> list[str]:
    return [refusal.sentence for refusal in plan(snapshot).refused]


def names() -> dict[str, str]:
    return dict(Account.objects.values_list("account_id", "name"))
