"""
The two writes of a decision as plain statements, the text of each made once for its columns; and a plain DELETE.

The ORM compiles them anew for each row, for as much time as the database takes to carry them out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from functools import cache, partial
from typing import Any

from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from traces.group_commit import group_commit

Columns = tuple[str, ...]
# Every driver takes these as they are, and no column of another kind has such values.
PLAIN = (str, int)


def insert(
    model: type[models.Model], values: Mapping[str, Any], *, using: str, admit: Callable[[], None] | None = None
) -> None:
    """
    Commit a new row; what `admit` raises in the same transaction undoes it. A column that is not named is NULL.

    On PostgreSQL a statement with no such condition is a transaction by itself, which spares two trips to the database.

    :raises IntegrityError:
    :raises RuntimeError: inside another transaction, with which the row could be undone
    """
    connection = connections[using]
    statement, prepared = _insert(model, tuple(values)), _prepared(model, values, connection)

    def work() -> int:
        if admit:
            admit()
        return _execute(statement, prepared, using)

    _commit(work, connection, whole=admit is not None or connection.in_atomic_block)


def update_if(row: models.Model, still: Mapping[str, Any], changes: Mapping[str, Any], *, using: str) -> bool:
    """Change a row in the database where these values still stand in it, and say whether they did."""
    model, connection = type(row), connections[using]
    equal = {model._meta.pk.name: row.pk, **still}
    values = [*_prepared(model, changes, connection), *_prepared(model, equal, connection)]
    work = partial(_execute, _update(model, tuple(changes), tuple(equal)), values, using)
    return _commit(work, connection, whole=False) == 1


def delete(model: type[models.Model], keys: Sequence[str], *, using: str) -> int:
    """Delete the rows with these keys and return how many there were; what points to them must be deleted before."""
    key, places = model._meta.pk.column, ", ".join(["%s"] * len(keys))
    statement = f'DELETE FROM {model._meta.db_table} WHERE "{key}" IN ({places})'  # noqa: S608 - names of ours
    return _execute(statement, [*keys], using)


def _commit(work: Callable[[], int], connection: BaseDatabaseWrapper, *, whole: bool) -> int:
    """Share a transaction with other threads on SQLite; elsewhere `whole` work has its own, and a statement none."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        return group_commit(connection.alias).commit(work)
    with transaction.atomic(using=connection.alias, durable=True) if whole else nullcontext():
        return work()


def _execute(statement: str, values: list[Any], using: str) -> int:
    """By the connection of the thread that comes to it, which need not be the one that wants it."""
    with connections[using].cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def _prepared(model: type[models.Model], values: Mapping[str, Any], connection: BaseDatabaseWrapper) -> list[Any]:
    """Turn values into what the database's driver takes, as the ORM does."""
    field = model._meta.get_field
    return [
        value if isinstance(value, PLAIN) else field(name).get_db_prep_save(value, connection)  # type: ignore[union-attr]
        for name, value in values.items()
    ]


@cache
def _insert(model: type[models.Model], columns: Columns) -> str:
    places = ", ".join(["%s"] * len(columns))
    return f"INSERT INTO {model._meta.db_table} ({', '.join(_quoted(columns))}) VALUES ({places})"  # noqa: S608 - names of ours


@cache
def _update(model: type[models.Model], changes: Columns, equal: Columns) -> str:
    settings, conditions = (_quoted(columns, " = %s") for columns in (changes, equal))
    return f"UPDATE {model._meta.db_table} SET {', '.join(settings)} WHERE {' AND '.join(conditions)}"  # noqa: S608 - names of ours


def _quoted(columns: Iterable[str], then: str = "") -> list[str]:
    return [f'"{column}"{then}' for column in columns]
