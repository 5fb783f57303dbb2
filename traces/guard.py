"""
The triggers that refuse what is final: any update of a terminal trace, and of a review, whoever sends it.

SQLite drops a trigger when a migration rebuilds its table, so they are installed again after every migrate. Deleting a
row stays possible: retention needs it.
"""

from dataclasses import asdict, dataclass
from typing import Any

from django.db import connections

INSTALL = {
    "sqlite": (
        "DROP TRIGGER IF EXISTS {trigger}",
        """
        CREATE TRIGGER {trigger} BEFORE UPDATE ON {table} WHEN {rows}
        BEGIN SELECT RAISE(ABORT, '{refusal}'); END
        """,
    ),
    "postgresql": (
        """
        CREATE OR REPLACE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{refusal}' USING ERRCODE = 'integrity_constraint_violation'; END $$
        """,
        """
        CREATE OR REPLACE TRIGGER {trigger} BEFORE UPDATE ON {table}
        FOR EACH ROW WHEN ({rows}) EXECUTE FUNCTION {trigger}()
        """,
    ),
}


@dataclass(frozen=True)
class Guard:
    """A trigger on updates; `rows` is SQL that tells which rows it guards."""

    table: str
    trigger: str
    refusal: str
    rows: str = "1 = 1"

    def install(self, vendor: str) -> tuple[str, ...]:
        return tuple(statement.format(**asdict(self)) for statement in INSTALL[vendor])


TABLE = "traces_tracerecord"
TRIGGER = "traces_terminal_row_is_final"
REFUSAL = "a terminal trace is final"
REVIEWS = Guard("traces_review", "traces_review_is_final", "a review is final")
GUARDS = (Guard(TABLE, TRIGGER, REFUSAL, rows="OLD.status <> 'running'"), REVIEWS)
FIND = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = %s AND tbl_name = %s",
    "postgresql": """
        SELECT 1 FROM pg_trigger
        WHERE tgname = %s AND tgrelid = to_regclass(%s) AND NOT tgisinternal AND tgenabled <> 'D'
    """,
}


def install_guard(using: str, **_signal: Any) -> None:
    """Install the triggers, or put them back; leave out a table that is not there (yet, or any more)."""
    connection = connections[using]
    guards = _guards_of_tables(using)
    with connection.cursor() as cursor:
        for guard in guards:
            for statement in guard.install(connection.vendor):
                cursor.execute(statement)


def guard_stands(using: str) -> bool:
    """Tell whether each table that is there has its trigger."""
    connection = connections[using]
    guards = _guards_of_tables(using)
    with connection.cursor() as cursor:
        for guard in guards:
            cursor.execute(FIND[connection.vendor], [guard.trigger, guard.table])
            if cursor.fetchone() is None:
                return False
    return True


def _guards_of_tables(using: str) -> tuple[Guard, ...]:
    tables = connections[using].introspection.table_names()
    return tuple(guard for guard in GUARDS if guard.table in tables)
