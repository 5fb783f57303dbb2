"""Update the records to match a snapshot: in one transaction, one import at a time, and with their history."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import chain, islice
from time import monotonic
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, OperationalError, connection, transaction

from access.import_files import CannotImport
from access.models import Account
from rotation.imports.links import taken_accounts
from rotation.imports.plan import Plan, Values
from rotation.models import Credential, CredentialImport, CredentialOwner

BUSY = "The database is busy: another program keeps writing. Nothing was changed; try again later."
ANOTHER_RUNS = "Another import is running. Nothing was changed; try again when it has ended."
REFUSED_RECORD = "The database refuses one of these records. Nothing was changed; see `manage.py doctor`."
RECORDS_CHANGED = "Records were changed while this import was prepared. Nothing was imported; try again."

# No other part of the service takes an advisory lock. On SQLite, the transaction has the write lock already.
TRY_LOCK = {"postgresql": "SELECT pg_try_advisory_xact_lock(23)", "sqlite": "SELECT 1"}
ROWS_AT_A_TIME = 1000


def _places(count: int) -> str:
    return ", ".join(["%s"] * count)


# Plain statements, so that the one writer of SQLite is not kept waiting for the ORM.
TABLE, LINKS, LOG = (model._meta.db_table for model in (Credential, CredentialOwner, LogEntry))
CHANGING = Values._fields[2:]
INSERT = (
    f"INSERT INTO {TABLE} ({', '.join(Values._fields)}) VALUES ({_places(len(Values._fields))})"  # noqa: S608 - names of ours
    " ON CONFLICT DO NOTHING"
)
# PostgreSQL would look up each record by its source, which took a minute. No index serves an expression.
AS_READ = (f"{name} || '' = %s" if name == "source" else f"{name} = %s" for name in CHANGING)
UPDATE = (
    f"UPDATE {TABLE} SET {', '.join(f'{name} = %s' for name in CHANGING)} WHERE id = %s AND {' AND '.join(AS_READ)}"  # noqa: S608 - names of ours
)
LINK = f"INSERT INTO {LINKS} (source, owner, account_id, kind) VALUES ({_places(4)}) ON CONFLICT DO NOTHING"  # noqa: S608 - names of ours
REMEMBER = (
    f"INSERT INTO {LOG} (action_time, user_id, content_type_id, action_flag, change_message, object_repr, object_id)"  # noqa: S608 - names of ours
    f" SELECT {_places(6)}, CAST(id AS text) FROM {TABLE} WHERE account_id = %s AND item = %s"
)


@dataclass(frozen=True)
class ImportRun:
    """Who imports which files, and when. `user_id` is whom the history of each record names; None writes none."""

    format: str
    digests: Sequence[str]
    at: datetime
    imported_by: str
    user_id: int | None


@dataclass(frozen=True)
class Outcome:
    """`seconds` is how long the transaction took; None if lines were refused and nothing was written."""

    plan: Plan
    seconds: float | None


class RecordsChanged(CannotImport):
    """A record is no longer what the plan was made from."""


def run_import(make_plan: Callable[[], Plan], import_run: ImportRun, *, skip_refused: bool) -> Outcome:
    """
    Make a plan and write it. Without `skip_refused`, a plan with a refused line is not written.

    The plan is made before the transaction, so that other writers of SQLite wait for the writing alone. If records were
    changed meanwhile, by another import say, it is made again inside.

    :raises CannotImport: nothing was changed
    """
    plan = make_plan()
    if plan.refused and not skip_refused:
        return Outcome(plan, None)
    with suppress(RecordsChanged):
        return _import(lambda: plan, import_run, skip_refused=skip_refused)
    return _import(make_plan, import_run, skip_refused=skip_refused)


def _import(make_plan: Callable[[], Plan], import_run: ImportRun, *, skip_refused: bool) -> Outcome:
    try:
        with transaction.atomic():
            started = monotonic()
            _take_lock()
            plan = make_plan()
            if plan.refused and not skip_refused:
                return Outcome(plan, None)
            _write(plan, import_run)
    except IntegrityError:
        raise CannotImport(REFUSED_RECORD) from None
    except OperationalError as fault:
        if getattr(fault.__cause__, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
            raise CannotImport(BUSY) from None
        raise
    return Outcome(plan, monotonic() - started)


def _take_lock() -> None:
    """Let no other import in until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(TRY_LOCK[connection.vendor])
        if not cursor.fetchone()[0]:
            raise CannotImport(ANOTHER_RUNS)


def _write(plan: Plan, import_run: ImportRun) -> None:
    """:raises RecordsChanged: the whole transaction must be undone"""
    if plan.links and taken_accounts() & {account_id for account_id, _ in plan.links.values()}:
        raise RecordsChanged(RECORDS_CHANGED)
    _run(LINK, ((*owner, *link) for owner, link in plan.links.items()))
    _store_names(plan)
    convert = _converter()
    _run(INSERT, map(convert, plan.added))
    updates = chain(plan.changed, plan.disabled, plan.observed_again)
    _run(UPDATE, ([*convert(each.after)[2:], each.pk, *convert(each.before)[2:]] for each in updates))
    if import_run.user_id:
        _run(REMEMBER, _history(plan, import_run, import_run.user_id))
    CredentialImport.objects.create(
        imported_at=import_run.at,
        imported_by=import_run.imported_by,
        format=import_run.format,
        sources=plan.sources,
        digests=[*import_run.digests],
        observed_at=plan.observed_at,
        **plan.counts,
    )


def _store_names(plan: Plan) -> None:
    Account.objects.bulk_create(
        [Account(account_id=account_id, name=name) for account_id, name in plan.names.items()],
        batch_size=ROWS_AT_A_TIME,
        update_conflicts=True,
        unique_fields=["account_id"],
        update_fields=["name"],
    )


def _run(statement: str, rows: Iterable[Sequence[Any]]) -> None:
    """Write each row, in batches. A row that is there already, or no longer as expected, stops it."""
    stream = iter(rows)
    with connection.cursor() as cursor:
        while batch := [*islice(stream, ROWS_AT_A_TIME)]:
            cursor.executemany(statement, batch)
            if cursor.rowcount != len(batch):
                raise RecordsChanged(RECORDS_CHANGED)


def _converter() -> Callable[[Values], list[Any]]:
    """Return what makes a record the values of a statement. The same few times occur again and again."""
    as_date, as_datetime = (
        cache(adapt) for adapt in (connection.ops.adapt_datefield_value, connection.ops.adapt_datetimefield_value)
    )

    def convert(row: Values) -> list[Any]:
        *texts, issued_on, known, source, observed_at, gone = row
        return [*texts, as_date(issued_on), known, source, as_datetime(observed_at), gone]

    return convert


def _history(plan: Plan, import_run: ImportRun, user_id: int) -> Iterator[list[Any]]:
    at = connection.ops.adapt_datetimefield_value(import_run.at)
    records = ContentType.objects.get_for_model(Credential).pk
    by = f"by an import ({import_run.format})"

    def entry(row: Values, flag: int, message: str) -> list[Any]:
        return [at, user_id, records, flag, message, f"{row.account_id} / {row.item}", row.account_id, row.item]

    yield from (entry(row, ADDITION, f"Added {by}.") for row in plan.added)
    yield from (entry(each.after, CHANGE, f"Changed {by}: {', '.join(each.columns)}.") for each in plan.changed)
    yield from (entry(each.after, CHANGE, f"Disabled {by} that no longer names it.") for each in plan.disabled)
