"""What a snapshot would change in the records. It reads them and writes nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import DataError
from django.db.models import Q

from access.import_files import CannotImport, RefusedLine
from access.models import Account
from rotation.contract import CredentialKind, CredentialState
from rotation.imports.links import Link, Owner, assign, read_links
from rotation.imports.snapshot import Observed, Snapshot
from rotation.models import Credential

CLOCK_SKEW = timedelta(minutes=5)
ACCOUNTS_AT_A_TIME = 500
# Somebody may have made a record active that was gone.
LIVE = Q(gone=False) | Q(state=CredentialState.ACTIVE)

UNLINKED = "This owner is linked to no account: link it in the admin, or let the import assign an account of a kind."
IN_THE_FUTURE = "It was observed in the future: correct the time, or this machine's clock."
ISSUED_LATER = "The issue day is after the observation: correct one of them."
TWICE = "An earlier line is about the same account and item: keep one of them, or give the items different labels."
OTHER_NAME = "An earlier line gives this account another name: correct one of them."
UNREADABLE = "The time of a record here cannot be read. Nothing was changed; see `manage.py doctor`."
OTHER_SOURCE = "Another source keeps this record: rename or delete that record in the admin, or correct its source."


class Values(NamedTuple):
    """The columns of a record, in the order of the statements that write them."""

    account_id: str
    item: str
    kind: str
    state: str
    issued_on: date
    issued_on_known: bool
    source: str
    observed_at: datetime
    gone: bool


class Change(NamedTuple):
    pk: int
    before: Values
    after: Values

    @property
    def columns(self) -> list[str]:
        """Name what changes besides the time of the observation."""
        pairs = zip(Values._fields, self.before, self.after, strict=True)
        return [name for name, before, after in pairs if before != after and name != "observed_at"]


Key = tuple[str, str]


@dataclass
class Plan:
    """`observed_again` are records that differ in the time of their observation only. `names` are new, by account."""

    sources: list[str]
    observed_at: datetime
    links: dict[Owner, Link] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    added: list[Values] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    disabled: list[Change] = field(default_factory=list)
    observed_again: list[Change] = field(default_factory=list)
    same: int = 0
    older: int = 0
    refused: list[RefusedLine] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        return {
            "added": len(self.added),
            "changed": len(self.changed),
            "disabled": len(self.disabled),
            "unchanged": len(self.observed_again) + self.same + self.older,
            "refused": len(self.refused),
        }


def make_plan(
    snapshot: Snapshot,
    *,
    now: datetime,
    assigned_kind: CredentialKind | None = None,
    partial: bool = False,
    on_progress: Callable[[int], object] = int,
) -> Plan:
    """
    Compare a snapshot with the records.

    With `assigned_kind`, each owner without a link gets the next free account, which is named after the owner. A
    `partial` snapshot disables only what it names under another account.

    :raises CannotImport: no account is free
    """
    times = [*snapshot.sources.values(), *(each.observed_at for each in snapshot.observed)]
    sources = {*snapshot.sources, *(each.source for each in snapshot.observed)}
    plan = Plan(sources=sorted(sources), observed_at=max(times, default=now), refused=[*snapshot.refused])
    links = read_links(snapshot.observed)
    if assigned_kind:
        owners = ((each.source, each.owner) for each in snapshot.observed if each.account_id is None)
        plan.links = assign(dict.fromkeys(owner for owner in owners if owner not in links), assigned_kind)
    plan.names = {account_id: owner for (_, owner), (account_id, _) in plan.links.items()}
    links |= plan.links
    named, refused = _name(plan, snapshot, links, now)
    keys = sorted(named)
    for start in range(0, len(keys), ACCOUNTS_AT_A_TIME):
        chunk = keys[start : start + ACCOUNTS_AT_A_TIME]
        rows = _read(account_id__in={account_id for account_id, _ in chunk})
        stored = {row[:2]: (pk, row) for pk, row in rows}
        _forget_known_names(plan, {account_id for account_id, _ in chunk})
        for key in chunk:
            each = named[key]
            _, kind = _link(each, links)
            _compare(plan, key, each, str(kind), stored.get(key))
        on_progress(len(chunk))
    # A line that its reader refused may name any record.
    full = {} if partial or snapshot.refused else snapshot.sources
    usable_sources = {source: at for source, at in full.items() if at <= now + CLOCK_SKEW}
    _disable(plan, usable_sources, named, refused)
    plan.refused.sort(key=lambda refusal: (refusal.file, refusal.line))
    return plan


def _link(each: Observed, links: dict[Owner, Link]) -> tuple[str | None, str | None]:
    own = (each.account_id, each.kind)
    return own if each.account_id else links.get((each.source, each.owner), own)


def _name(
    plan: Plan, snapshot: Snapshot, links: dict[Owner, Link], now: datetime
) -> tuple[dict[Key, Observed], set[Key]]:
    """Return what was observed, by account and item, and the source and item of each refused line."""
    named: dict[Key, Observed] = {}
    refused: set[Key] = set()
    for each in snapshot.observed:
        account_id, _ = _link(each, links)
        if account_id is None:
            sentence = UNLINKED
        elif each.observed_at > now + CLOCK_SKEW:
            sentence = IN_THE_FUTURE
        elif each.issued_on and each.issued_on > each.observed_at.astimezone(UTC).date():
            sentence = ISSUED_LATER
        elif (account_id, each.item) in named:
            sentence = TWICE
        elif each.account_name and plan.names.setdefault(account_id, each.account_name) != each.account_name:
            sentence = OTHER_NAME
        else:
            named[account_id, each.item] = each
            continue
        plan.refused.append(RefusedLine(each.file, each.line, sentence))
        refused.add((each.source, each.item))
    return named, refused


def _read(*conditions: Q, **columns: Any) -> Iterator[tuple[int, Values]]:
    rows = Credential.objects.filter(*conditions, **columns).order_by().values_list("pk", *Values._fields)
    try:
        for pk, *values in rows.iterator():
            # Django reads None for a text that looks like no time.
            if None in values:
                raise ValueError  # noqa: TRY301 - both end alike
            yield pk, Values(*values)
    except (DataError, ValueError):
        raise CannotImport(UNREADABLE) from None


def _forget_known_names(plan: Plan, accounts: set[str]) -> None:
    stored = Account.objects.filter(account_id__in=accounts & plan.names.keys())
    for account_id, name in stored.values_list("account_id", "name"):
        if plan.names[account_id] == name:
            del plan.names[account_id]


def _compare(plan: Plan, key: Key, each: Observed, kind: str, stored: tuple[int, Values] | None) -> None:
    if stored is None:
        plan.added.append(_values(key, each, kind, each.issued_on))
        return
    pk, before = stored
    if before.source != each.source:
        plan.refused.append(RefusedLine(each.file, each.line, OTHER_SOURCE))
        plan.names.pop(key[0], None)
        return
    if each.observed_at < before.observed_at:
        plan.older += 1
        plan.names.pop(key[0], None)
        return
    after = _values(key, each, kind, each.issued_on or _kept_day(before, each))
    # Equal values are held once: there may be 100,000 changes.
    before = Values._make(new if new == old else old for new, old in zip(after, before, strict=True))
    change = Change(pk, before, after)
    if change.before == change.after:
        plan.same += 1
    else:
        (plan.changed if change.columns else plan.observed_again).append(change)


def _kept_day(before: Values, each: Observed) -> date | None:
    """Return the issue day that another file told, if the source says that the credential last changed on it."""
    return before.issued_on if before.issued_on_known and each.changed_on == before.issued_on else None


def _values(key: Key, each: Observed, kind: str, issued_on: date | None) -> Values:
    known = (issued_on or date.min, issued_on is not None)
    return Values(*key, kind, each.state.value, *known, each.source, each.observed_at, gone=False)


def _disable(plan: Plan, sources: dict[str, datetime], named: dict[Key, Observed], refused: set[Key]) -> None:
    """Disable what a full snapshot of its source no longer names, and what now belongs to another account."""
    linked = {(each.source, each.item): each.observed_at for each in named.values() if each.account_id is None}
    for source in sorted({*sources, *(source for source, _ in linked)}):
        for pk, row in _read(LIVE, source=source):
            key = (source, row.item)
            at = max(linked.get(key, row.observed_at), sources.get(source, row.observed_at))
            is_old = row.observed_at < at or row.observed_at == linked.get(key)
            if is_old and row[:2] not in named and key not in refused:
                after = row._replace(state=CredentialState.DISABLED.value, observed_at=at, gone=True)
                plan.disabled.append(Change(pk, row, after))
