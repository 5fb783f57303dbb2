"""
Plain statements for the two writes of a decision, and a plain DELETE. The SQL text is built once for its columns.

The ORM compiles a statement for each row, which takes as long as the database takes to run it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from functools import cache, partial
from typing import Any

from django.db import IntegrityError, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from traces.group_commit import group_commit

Columns = tuple[str, ...]
Step = Callable[[], None]
# Values of these types need no conversion: no column that needs one holds them.
PLAIN = (str, int)


class RowExists(IntegrityError):
    """Another row has the same values in the unique columns. Nothing was written."""


def insert(
    model: type[models.Model], values: Mapping[str, Any], *, unique: Columns, using: str, admit: Step | None = None
) -> None:
    """
    Commit a new row. An exception of `admit` in the same transaction undoes it. Columns without a value are NULL.

    On PostgreSQL, a statement without `admit` is a transaction by itself, which saves two round trips.

    :raises RowExists: found without an error of the statement, because PostgreSQL would log the values
    :raises IntegrityError:
    :raises RuntimeError: inside another transaction, because a rollback there would undo the row
    """
    connection = connections[using]
    statement, prepared = _insert(model, tuple(values), unique), _db_values(model, values, connection)

    def work() -> int:
        if admit:
            admit()
        if not (written := _execute(statement, prepared, using)):
            raise RowExists
        return written

    _commit(work, connection, atomic=admit is not None or connection.in_atomic_block)


def update_if(
    row: models.Model,
    expected: Mapping[str, Any],
    changes: Mapping[str, Any],
    *,
    using: str,
    then: Step | None = None,
) -> bool:
    """
    Update a row if it still has the expected values. Return whether it did.

    `then` may write more in the same transaction, once the row was updated. Its exception undoes the update.
    """
    model, connection = type(row), connections[using]
    equal = {model._meta.pk.name: row.pk, **expected}
    values = [*_db_values(model, changes, connection), *_db_values(model, equal, connection)]
    update = partial(_execute, _update(model, tuple(changes), tuple(equal)), values, using)
    return _commit(partial(_run_both, update, then, using) if then else update, connection, atomic=False) == 1


def delete(model: type[models.Model], keys: Sequence[str], *, using: str) -> int:
    """Delete the rows with these keys and return their number. Rows that refer to them must be deleted before."""
    key, places = model._meta.pk.column, ", ".join(["%s"] * len(keys))
    statement = f'DELETE FROM {model._meta.db_table} WHERE "{key}" IN ({places})'  # noqa: S608 - names of ours
    return _execute(statement, [*keys], using)


def _commit(work: Callable[[], int], connection: BaseDatabaseWrapper, *, atomic: bool) -> int:
    """Share a transaction with other threads on SQLite. On PostgreSQL, open a transaction only for `atomic` work."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        return group_commit(connection.alias).commit(work)
    with transaction.atomic(using=connection.alias, durable=True) if atomic else nullcontext():
        return work()


def _run_both(update: Callable[[], int], then: Step, using: str) -> int:
    """Run both or neither: in a savepoint of the shared transaction on SQLite, in a transaction on PostgreSQL."""
    with transaction.atomic(using=using):
        if updated := update():
            then()
    return updated


def _execute(statement: str, values: list[Any], using: str) -> int:
    """Run a statement on the current thread's connection. With group commit, another thread may run it."""
    with connections[using].cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def _db_values(model: type[models.Model], values: Mapping[str, Any], connection: BaseDatabaseWrapper) -> list[Any]:
    """Convert values for the database's driver, as the ORM does."""
    field = model._meta.get_field
    return [
        value if isinstance(value, PLAIN) else field(name).get_db_prep_save(value, connection)  # type: ignore[union-attr]
        for name, value in values.items()
    ]


@cache
def _insert(model: type[models.Model], columns: Columns, unique: Columns) -> str:
    places, row = ", ".join(["%s"] * len(columns)), f"{model._meta.db_table} ({', '.join(_quoted(columns))})"
    return f"INSERT INTO {row} VALUES ({places}) ON CONFLICT ({', '.join(_quoted(unique))}) DO NOTHING"  # noqa: S608 - names of ours


@cache
def _update(model: type[models.Model], changes: Columns, equal: Columns) -> str:
    settings, conditions = (_quoted(columns, " = %s") for columns in (changes, equal))
    return f"UPDATE {model._meta.db_table} SET {', '.join(settings)} WHERE {' AND '.join(conditions)}"  # noqa: S608 - names of ours


def _quoted(columns: Iterable[str], suffix: str = "") -> list[str]:
    return [f'"{column}"{suffix}' for column in columns]
