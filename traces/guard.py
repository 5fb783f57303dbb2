"""
Triggers that enforce a rule in the database for every client: a closed trace and what people said of it are final.

A workflow may contribute triggers of its own. SQLite drops a trigger when a migration rebuilds its table, so all of
them are installed again after every migrate. Deleting a row stays possible, because retention needs it.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

from django.db import connections

INSTALL = {
    "sqlite": (
        "DROP TRIGGER IF EXISTS {trigger}",
        """
        CREATE TRIGGER {trigger} BEFORE {event} ON {table} WHEN {rows} OR {rows_on_sqlite}
        BEGIN SELECT RAISE(ABORT, '{refusal}'); END
        """,
    ),
    "postgresql": (
        """
        CREATE OR REPLACE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{refusal}' USING ERRCODE = 'integrity_constraint_violation'; END $$
        """,
        """
        CREATE OR REPLACE TRIGGER {trigger} BEFORE {event} ON {table}
        FOR EACH ROW WHEN ({rows}) EXECUTE FUNCTION {trigger}()
        """,
    ),
}


@dataclass(frozen=True)
class Guard:
    """
    A trigger that refuses a statement with `refusal`.

    `rows` is the SQL condition of the rows that it refuses. SQLite refuses those of `rows_on_sqlite` as well.
    """

    table: str
    trigger: str
    refusal: str
    rows: str = "1 = 1"
    event: Literal["INSERT", "UPDATE"] = "UPDATE"
    rows_on_sqlite: str = "1 = 0"


TABLE = "traces_tracerecord"
TRIGGER = "traces_terminal_row_is_final"
REFUSAL = "a terminal trace is final"
REVIEWS = Guard("traces_review", "traces_review_is_final", "a review is final")
FEEDBACK = Guard("traces_feedback", "traces_feedback_is_final", "feedback is final")
REVIEW_REQUESTS = Guard(
    "traces_reviewrequest",
    "traces_review_request_is_final",
    "a request for a review is final, but its note may be emptied",
    rows=(
        "NEW.note <> '' OR NEW.trace_id <> OLD.trace_id OR NEW.workflow <> OLD.workflow"
        " OR NEW.requested_at <> OLD.requested_at"
    ),
)
LEDGER_GUARDS = (
    Guard(TABLE, TRIGGER, REFUSAL, rows="OLD.status <> 'running'"),
    *(REVIEWS, FEEDBACK, REVIEW_REQUESTS),
)
FIND = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = %s AND tbl_name = %s",
    "postgresql": """
        SELECT 1 FROM pg_trigger
        WHERE tgname = %s AND tgrelid = to_regclass(%s) AND NOT tgisinternal AND tgenabled <> 'D'
    """,
}


def install_guards(guards: Iterable[Guard], using: str) -> None:
    """Install or replace the triggers. Skip a guard whose table does not exist."""
    with connections[using].cursor() as cursor:
        for guard in _guards_of_tables(guards, using):
            for statement in INSTALL[connections[using].vendor]:
                cursor.execute(statement.format(**asdict(guard)))


def are_installed(guards: Iterable[Guard], using: str) -> bool:
    """Return whether every existing table has its triggers."""
    with connections[using].cursor() as cursor:
        for guard in _guards_of_tables(guards, using):
            cursor.execute(FIND[connections[using].vendor], [guard.trigger, guard.table])
            if cursor.fetchone() is None:
                return False
    return True


def _guards_of_tables(guards: Iterable[Guard], using: str) -> tuple[Guard, ...]:
    tables = connections[using].introspection.table_names()
    return tuple(guard for guard in guards if guard.table in tables)
