"""The one list of health checks. `doctor` runs them all; /readyz and `manage.py check` each use a part of them."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from typing import NamedTuple

from django.core.checks import ERROR, WARNING, CheckMessage, run_checks
from django.db import DEFAULT_DB_ALIAS
from django.db import Error as DatabaseFault

from config import ledger_checks, settings_checks
from config.examination import Examination, Level, Result


class HealthCheck(NamedTuple):
    """
    One question about the service.

    `look` answers it for `doctor`. `is_ready` answers it for /readyz, which reports a False under the name `readiness`.
    `system_check` answers it for `manage.py check`, if it `is_for_deploy`, only with --deploy.
    """

    name: str
    look: Callable[[Examination], Result]
    needs_database: bool = False
    readiness: str = ""
    is_ready: Callable[[], bool] | None = None
    system_check: Callable[..., list[CheckMessage]] | None = None
    is_for_deploy: bool = False


class Finding(NamedTuple):
    name: str
    result: Level
    sentence: str


def examine(now: datetime) -> Iterator[Finding]:
    """Run every check. If the database does not answer, only the checks that need it have no result."""
    examination = Examination(now)
    for check in HEALTH_CHECKS:
        yield Finding(check.name, *_look(check, examination))


def _look(check: HealthCheck, examination: Examination) -> Result:
    if not check.needs_database:
        return check.look(examination)
    if not examination.database_answers:
        return "warn", "Not known while the database does not answer."
    try:
        return check.look(examination)
    except DatabaseFault as fault:
        return "FAIL", f"Cannot be read ({type(fault).__name__}); is every migration applied?"


def not_ready() -> list[str]:
    """Name what keeps this process from serving. The first check queries the database: without it, none is asked."""
    try:
        return [check.readiness for check in HEALTH_CHECKS if check.is_ready and not check.is_ready()]
    except DatabaseFault:
        return ["database"]


def system_checks(examination: Examination) -> Result:
    """Run all of Django's and our own system checks, with those for a deploy."""
    databases = [DEFAULT_DB_ALIAS] if examination.database_answers else []
    messages = run_checks(include_deployment_checks=True, databases=databases)
    messages = [message for message in messages if message.level >= WARNING and not message.is_silenced()]
    if not messages:
        return "ok", "manage.py check --deploy has nothing to say."
    ids = ", ".join(sorted({message.id or "a check without an id" for message in messages}))
    errors = sum(message.is_serious() for message in messages)
    counts = f"{_counted(errors, 'error')}, {_counted(len(messages) - errors, 'warning')}"
    return ("FAIL" if errors else "warn"), f"manage.py check --deploy: {counts}: {ids}."


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


@cache
def is_configured() -> bool:
    """Run the system checks without a database, once in a process: the settings do not change."""
    return not any(message.level >= ERROR for message in run_checks())


HEALTH_CHECKS = (
    HealthCheck("environment", settings_checks.environment),
    HealthCheck("fingerprints", settings_checks.fingerprints),
    HealthCheck("provider", settings_checks.provider, system_check=settings_checks.rules_in_production),
    HealthCheck(
        "encryption",
        settings_checks.encryption,
        system_check=settings_checks.texts_are_sent_in_the_open,
        is_for_deploy=True,
    ),
    HealthCheck("limits", settings_checks.limits),
    HealthCheck("database", lambda run: run.database, system_check=settings_checks.requests_in_one_transaction),
    HealthCheck("permissions", ledger_checks.permissions, needs_database=True),
    HealthCheck(
        "migrations",
        ledger_checks.migrations,
        needs_database=True,
        readiness="migrations",
        is_ready=ledger_checks.is_migrated,
    ),
    HealthCheck(
        "guard", ledger_checks.guard, needs_database=True, system_check=ledger_checks.terminal_rows_are_guarded
    ),
    HealthCheck(
        "ledger", ledger_checks.ledger, needs_database=True, readiness="ledger", is_ready=ledger_checks.is_writable
    ),
    HealthCheck("log", ledger_checks.log, needs_database=True),
    HealthCheck("eval", ledger_checks.gate, needs_database=True),
    HealthCheck("running", ledger_checks.running, needs_database=True),
    HealthCheck("freshness", ledger_checks.freshness, needs_database=True),
    HealthCheck(
        "records", ledger_checks.records, needs_database=True, system_check=ledger_checks.trusted_records_are_sound
    ),
    HealthCheck("retention", ledger_checks.retention, needs_database=True),
    HealthCheck("checks", system_checks, readiness="configuration", is_ready=is_configured),
)
