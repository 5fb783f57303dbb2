"""Read the ledger of a real server without our own code, with a history of endings that the database keeps itself."""

import sqlite3
from collections import Counter
from contextlib import closing
from typing import Any

import psycopg

from tests.configuration.conftest import manage

# The database records every ending, so a second ending is visible even if the row looks right.
SQLITE_HISTORY = """
    CREATE TABLE endings (trace_id text, status text);
    CREATE TRIGGER write_endings AFTER UPDATE ON traces_tracerecord WHEN NEW.status <> 'running'
    BEGIN INSERT INTO endings VALUES (NEW.trace_id, NEW.status); END;
"""
POSTGRESQL_HISTORY = """
    CREATE TABLE endings (trace_id text, status text);
    CREATE FUNCTION write_ending() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO endings VALUES (NEW.trace_id, NEW.status); RETURN NULL; END $$;
    CREATE TRIGGER write_endings AFTER UPDATE ON traces_tracerecord
    FOR EACH ROW WHEN (NEW.status <> 'running') EXECUTE FUNCTION write_ending();
"""

COMPLETED_TICKETS = "SELECT trace_id FROM traces_tracerecord WHERE workflow = 'tickets' AND status = 'completed'"
TICKETS = "SELECT trace_id, category, priority, summary FROM tickets_ticket"


def query(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Run a statement on a new connection."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)) as connection:
            return connection.execute(statement).fetchall()
    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchall()


def write(url: str, statements: list[str]) -> None:
    """Run the statements on a new connection, and commit them."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)) as connection:
            connection.executescript(f"BEGIN; {'; '.join(statements)}; COMMIT")
        return
    with psycopg.connect(url) as connection:
        connection.execute("; ".join(statements))


def keep_history(url: str) -> None:
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)) as connection:
            connection.executescript(SQLITE_HISTORY)
        return
    with psycopg.connect(url) as connection:
        connection.execute(POSTGRESQL_HISTORY)


def rows(url: str) -> dict[str, dict[str, Any]]:
    """Return the fields that a client sees of each row, by submission key."""
    statement = "SELECT submission_key, workflow, trace_id, status, decision, error_code FROM traces_tracerecord"
    return {key: _visible(*fields) for key, *fields in query(url, statement)}


def _visible(workflow: str, trace_id: str, status: str, decision: str | None, error_code: str | None) -> dict[str, Any]:
    shared = {"status": status, "error_code": error_code}
    if workflow == "tickets":
        return shared | {"task_id": trace_id.replace("trace_", "task_")}
    return shared | {"trace_id": trace_id, "decision": decision}


def count_missing(url: str, acknowledged: dict[str, dict[str, Any]]) -> int:
    """Count the responses that were sent but have no equal row."""
    found = rows(url)
    return sum(not (key in found and found[key].items() <= response.items()) for key, response in acknowledged.items())


def count_parted(url: str, acknowledged: dict[str, dict[str, Any]]) -> int:
    """Count tickets without a completed trace, completed traces without a ticket, and responses unlike the ticket."""
    completed = {id_ for (id_,) in query(url, COMPLETED_TICKETS)}
    kept = {id_: ticket for id_, *ticket in query(url, TICKETS)}
    shown = [response for response in acknowledged.values() if response.get("ticket")]
    unlike = [each for each in shown if kept.get(_trace_id(each["task_id"])) != list(each["ticket"].values())]
    return len(completed ^ kept.keys()) + len(unlike)


def _trace_id(task_id: str) -> str:
    return f"trace_{task_id.removeprefix('task_')}"


def trace_ids(url: str) -> set[str]:
    return {trace_id for (trace_id,) in query(url, "SELECT trace_id FROM traces_tracerecord")}


def count_ended_twice(url: str) -> int:
    endings = Counter(trace_id for (trace_id,) in query(url, "SELECT trace_id FROM endings"))
    return sum(count > 1 for count in endings.values())


def count_running(url: str) -> int:
    [(count,)] = query(url, "SELECT count(*) FROM traces_tracerecord WHERE status = 'running'")
    return int(count)


def close_interrupted(environment: dict[str, str]) -> str:
    run = manage("close_interrupted", "--skip-checks", environment=environment)
    assert run.returncode == 0, run.stderr
    return run.stdout
