"""What an import did or would do, in words and as JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from rotation.imports.plan import Change, Plan, Values
from rotation.imports.snapshot import Snapshot

SHOWN = 20
# What the counts of a plan mean.
WORDS = {
    "added": "added",
    "changed": "changed",
    "disabled": "disabled, because the files no longer name them",
    "unchanged": "unchanged",
    "refused": "lines refused",
}


def remarks(snapshot: Snapshot) -> list[str]:
    return [*snapshot.notes, *(f"{count:,} skipped: {why}" for why, count in (snapshot.skipped or {}).items())]


def count_lines(plan: Plan) -> Iterator[str]:
    for name, count in plan.counts.items():
        yield f"{count:>9,} {WORDS[name]}"
    if plan.links:
        yield f"{len(plan.links):>9,} owners get an account id"
    if plan.names:
        yield f"{len(plan.names):>9,} accounts get a name"
    if plan.observed_again:
        yield f"{len(plan.observed_again):>9,} of the unchanged were observed again later"
    if plan.older:
        yield f"{plan.older:>9,} of the unchanged have a later observation already"


def record_lines(plan: Plan) -> Iterator[str]:
    """Yield a line for each record that changes, but at most SHOWN of each sort, without what controls a terminal."""
    for name, rows in _rows(plan).items():
        for row in map(_as_dict, rows[:SHOWN]):
            line = f"{name}: {row['account_id']} / {row['item']}, {row['state']} ({', '.join(row['columns'])})"
            yield "".join(each if each.isprintable() else "?" for each in line)
        if len(rows) > SHOWN:
            yield f"{name}: {len(rows) - SHOWN:,} more"


def as_json(plan: Plan, snapshot: Snapshot) -> dict[str, Any]:
    return {
        **plan.counts,
        "observed_again": len(plan.observed_again),
        "older": plan.older,
        "sources": plan.sources,
        "remarks": remarks(snapshot),
        "records": {name: [*map(_as_dict, rows)] for name, rows in _rows(plan).items()},
        "names": plan.names,
        "links": [[*owner, *link] for owner, link in plan.links.items()],
        "refusals": [asdict(refusal) for refusal in plan.refused],
    }


def _rows(plan: Plan) -> dict[str, Sequence[Values | Change]]:
    return {"added": plan.added, "changed": plan.changed, "disabled": plan.disabled}


def _as_dict(row: Values | Change) -> dict[str, Any]:
    """Return a record as it will be, and the columns that change."""
    after, columns = (row.after, row.columns) if isinstance(row, Change) else (row, ["new"])
    return {"account_id": after.account_id, "item": after.item, "state": after.state, "columns": columns}
