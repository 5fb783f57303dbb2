"""Health checks on the ledger: its tables and triggers, its last eval, and the rows that upkeep should have handled."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from stat import S_IRWXG, S_IRWXO
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage
from django.core.checks import Warning as Advice
from django.db import Error as DatabaseFault
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.template.defaultfilters import pluralize

from access.audit import AuditLine
from config.examination import Examination, Result
from decisions.guards import are_installed
from decisions.record_ages import describe_oldest_source
from decisions.registry import trusted_records, workflows
from evals.checks import the_gate_was_passed
from traces.codes import Status
from traces.models import TraceRecord

# A row that the daily prune kept may expire before the next prune.
PRUNE_SLACK = timedelta(days=1)
# Databases that are read-only, a standby, without the table or without the right refuse it. It changes no row.
WRITE_NOTHING = "UPDATE traces_tracerecord SET status = status WHERE false"
# The statements that are missing for PostgreSQL to keep this role's values out of its log.
MISSING_FOR_LOG = """
    SELECT string_agg(format('ALTER ROLE %I SET %s = %s;', current_user, name, needed), ' ')
    FROM pg_settings JOIN (VALUES
        ('log_parameter_max_length', '0'), ('log_parameter_max_length_on_error', '0'), ('log_error_verbosity', 'terse')
    ) AS settings (name, needed) USING (name) WHERE setting <> needed
"""
SQLITE_FILES = ("", "-wal", "-shm", "-journal")
OTHERS = S_IRWXG | S_IRWXO


def permissions(_: Examination) -> Result:
    """Report shared files and change none: somebody may have shared them on purpose, as with a user who backs up."""
    if connection.vendor != "sqlite":
        return "ok", f"{connection.display_name} protects its own files."
    files = [Path(f"{connection.settings_dict['NAME']}{end}") for end in SQLITE_FILES]
    if shared := [file.name for file in files if _is_shared(file)]:
        return "warn", f"Others than the owner may use {', '.join(shared)}; run chmod 600 on them."
    return "ok", "Only their owner may use the files of SQLite."


def _is_shared(file: Path) -> bool:
    try:
        return bool(file.stat().st_mode & OTHERS)
    except FileNotFoundError:
        # SQLite deletes all but the database when the last connection is closed, at any time.
        return False


def migrations(_: Examination) -> Result:
    missing = _count_unapplied()
    return ("FAIL", f"{missing} not applied; run manage.py migrate.") if missing else ("ok", "All are applied.")


def is_migrated() -> bool:
    return not _count_unapplied() and are_installed(connection.alias)


def _count_unapplied() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def guard(_: Examination) -> Result:
    # Fails if there is no table: then no trigger is missing, but the result would be wrong.
    TraceRecord.objects.exists()
    if are_installed(connection.alias):
        return "ok", "The triggers that keep terminal rows final are in place."
    return "FAIL", "A trigger that keeps terminal rows final is missing; run manage.py migrate."


def terminal_rows_are_guarded(databases: Sequence[str] | None, **_: Any) -> list[CheckMessage]:
    """Warn only: an error would stop `manage.py migrate`, which installs the triggers. /readyz and `doctor` fail."""
    message = "A trigger that keeps terminal traces final is missing from database {!r}."
    hint = "Run `manage.py migrate`: it installs the triggers after every migration."
    unguarded = [alias for alias in databases or () if not are_installed(alias)]
    return [Advice(message.format(alias), hint=hint, id="traces.W001") for alias in unguarded]


def ledger(_: Examination) -> Result:
    if is_writable():
        return "ok", "The ledger can be written."
    return "FAIL", "The ledger cannot be written: the disk is full, or the database is read-only or has no such table."


def is_writable() -> bool:
    """Prove it without changing a row. SQLite also writes a page: only a commit shows whether the disk has room."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(WRITE_NOTHING)
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA user_version = 0")
    except DatabaseFault:
        return False
    return True


def log(_: Examination) -> Result:
    if connection.vendor != "postgresql":
        return "ok", f"{connection.display_name} has no log of its own."
    with connection.cursor() as cursor:
        cursor.execute(MISSING_FOR_LOG)
        (missing,) = cursor.fetchone()
    if missing:
        return "warn", f"PostgreSQL may log customers' values. A superuser runs {missing} Restart the service then."
    return "ok", "PostgreSQL is set to keep our values out of its log."


def gate(_: Examination) -> Result:
    for message in the_gate_was_passed([connection.alias]):
        return "warn", f"{message.msg} {message.hint}"
    return "ok", "What is configured passed the gate when it last ran."


def running(examination: Examination) -> Result:
    oldest = TraceRecord.objects.filter(status=Status.RUNNING).order_by("started_at").first()
    if oldest is None:
        return "ok", "No trace is running."
    overdue = TraceRecord.objects.overdue(examination.now).count()
    seconds = (examination.now - oldest.started_at) // timedelta(seconds=1)
    sentence = f"The oldest, {oldest}, was started {seconds:,} s ago; {overdue:,} overdue."
    return ("warn", f"{sentence} Does cron, or upkeep, run close_interrupted?") if overdue else ("ok", sentence)


def retention(examination: Examination) -> Result:
    traces = TraceRecord.objects.order_by("started_at").values_list("started_at", flat=True)
    lines = AuditLine.objects.order_by("at").values_list("at", flat=True)
    kept = partial(_kept, examination.now)
    made = {workflow.name: workflow.products for workflow in workflows()}
    results = [
        kept("traces", settings.TRACE_RETENTION_DAYS, traces.first()),
        *(kept(name, each.retention_days(), each.oldest_at()) for name, each in made.items() if each),
        kept("audit", settings.TRACE_RETENTION_DAYS, lines.first(), noun="Lines of the audit"),
    ]
    levels = [level for level, _ in results]
    return ("warn" if "warn" in levels else "ok"), " ".join(sentence for _, sentence in results)


def freshness(examination: Examination) -> Result:
    described = [describe_oldest_source(records, now=examination.now) for _, records in trusted_records()]
    return ("ok" if all(well for well, _ in described) else "warn"), " ".join(sentence for _, sentence in described)


def records(_: Examination) -> Result:
    if messages := trusted_records_are_sound([connection.alias]):
        return "warn", " ".join(f"{message.msg} {message.hint}" for message in messages)
    return "ok", "No trusted record breaks a rule of the database."


def trusted_records_are_sound(databases: Sequence[str] | None, **_: Any) -> list[CheckMessage]:
    """Warn, also in the output of `manage.py migrate`: its triggers refuse such a record only when it is written."""
    hint = "No decision is made by such a record. Correct it in the admin, or delete it."
    faulty = [(name, records.find_faults(alias)) for alias in databases or () for name, records in trusted_records()]
    return [
        Advice(f"{name}: {'; '.join(faults)}.", hint=hint, id="decisions.W002") for name, faults in faulty if faults
    ]


def _kept(now: datetime, name: str, days: int, oldest_at: datetime | None, *, noun: str = "") -> Result:
    kept = f"{noun or name.capitalize()} are kept for {days} day{pluralize(days)}"
    if oldest_at is None:
        return "ok", f"{kept}; there is none."
    age = now - oldest_at
    if age > timedelta(days=days) + PRUNE_SLACK:
        return "warn", f"{kept}, and the oldest is {age.days:,} days old. Does cron, or upkeep, run prune_{name}?"
    return "ok", f"{kept}; the oldest is {age.days:,} days old."
