"""
The trigger that refuses any update of a terminal row, whoever sends it.

SQLite drops a trigger when a migration rebuilds its table, so it is installed again after every migrate. Deleting a
row stays possible: retention needs it.
"""

from typing import Any

from django.db import connections

TABLE = "traces_tracerecord"
TRIGGER = "traces_terminal_row_is_final"
REFUSAL = "a terminal trace is final"

INSTALL = {
    "sqlite": [
        f"DROP TRIGGER IF EXISTS {TRIGGER}",
        f"""
        CREATE TRIGGER {TRIGGER} BEFORE UPDATE ON {TABLE} WHEN OLD.status <> 'running'
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END
        """,
    ],
    "postgresql": [
        f"""
        CREATE OR REPLACE FUNCTION {TRIGGER}() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$
        """,
        f"""
        CREATE OR REPLACE TRIGGER {TRIGGER} BEFORE UPDATE ON {TABLE}
        FOR EACH ROW WHEN (OLD.status <> 'running') EXECUTE FUNCTION {TRIGGER}()
        """,
    ],
}
FIND = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = %s AND tbl_name = %s",
    "postgresql": """
        SELECT 1 FROM pg_trigger
        WHERE tgname = %s AND tgrelid = to_regclass(%s) AND NOT tgisinternal AND tgenabled <> 'D'
    """,
}


def install_guard(using: str, **_signal: Any) -> None:
    """Install the trigger, or put it back; do nothing where the table is not there (yet, or any more)."""
    connection = connections[using]
    if TABLE not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        for statement in INSTALL[connection.vendor]:
            cursor.execute(statement)


def guard_stands(using: str) -> bool:
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(FIND[connection.vendor], [TRIGGER, TABLE])
        return cursor.fetchone() is not None
