"""
The two writes of a decision as plain statements, the text of each made once for its columns.

The ORM compiles them anew for each row, for as much time as the database takes to carry them out.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

Columns = tuple[str, ...]
# Every driver takes these as they are, and no column of another kind has such values.
PLAIN = (str, int)


def insert(
    model: type[models.Model], values: Mapping[str, Any], *, using: str, check: Callable[[], None] | None = None
) -> None:
    """
    Commit a new row; what `check` raises in the same transaction undoes it. A column that is not named is NULL.

    Without a check the statement is a transaction by itself, which spares two trips to the database.

    :raises IntegrityError:
    :raises RuntimeError: inside another transaction, with which the row could be undone
    """
    connection = connections[using]
    statement, prepared = _insert(model, tuple(values)), _prepared(model, values, connection)
    if check is None and not connection.in_atomic_block:
        _execute(statement, prepared, connection)
        return
    with transaction.atomic(using=using, durable=True):
        if check:
            check()
        _execute(statement, prepared, connection)


def update_if(row: models.Model, still: Mapping[str, Any], changes: Mapping[str, Any], *, using: str) -> bool:
    """Change a row in the database where these values still stand in it, and say whether they did."""
    model, connection = type(row), connections[using]
    equal = {model._meta.pk.name: row.pk, **still}
    values = [*_prepared(model, changes, connection), *_prepared(model, equal, connection)]
    return _execute(_update(model, tuple(changes), tuple(equal)), values, connection) == 1


def _execute(statement: str, values: list[Any], connection: BaseDatabaseWrapper) -> int:
    with connection.cursor() as cursor:
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
