"""What is misconfigured or unhealthy, a sentence each. Nothing is changed, and no model is called."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from django.conf import settings
from django.core.checks import WARNING, run_checks
from django.db import DEFAULT_DB_ALIAS, connection
from django.db import Error as DatabaseFault
from django.db.migrations.executor import MigrationExecutor

from boundary.transport import place_of
from config.reach import trouble_reaching
from evals.checks import the_gate_was_passed
from traces.codes import Status
from traces.guard import guard_stands
from traces.models import TraceRecord

Result = Literal["ok", "warn", "FAIL"]
Told = tuple[Result, str]
# What a daily prune leaves standing may come due before the next one.
PRUNE_SLACK = timedelta(days=1)


@dataclass(frozen=True)
class Finding:
    """`warn` is worth a look, `FAIL` has to be mended."""

    name: str
    result: Result
    sentence: str


def examine(now: datetime) -> Iterator[Finding]:
    """Look at everything in turn. A database that does not answer costs what is in it, and nothing else."""
    for name, look in CONFIGURED.items():
        yield Finding(name, *look())
    answers = _database()
    yield Finding("database", *answers)
    for name, ask in LEDGER.items():
        told = _asked(ask, now) if answers[0] == "ok" else ("warn", "Not known while the database does not answer.")
        yield Finding(name, *told)
    yield Finding("checks", *_checks([DEFAULT_DB_ALIAS] if answers[0] == "ok" else []))


def _environment() -> Told:
    tls, debug = ("on" if settings.HTTPS else "off"), ("on" if settings.DEBUG else "off")
    sentence = f"Release {settings.RELEASE}, ACCESS {settings.ACCESS}, HTTPS {tls}, DEBUG {debug}."
    return ("ok" if settings.HTTPS and not settings.DEBUG else "warn"), sentence


def _fingerprints() -> Told:
    first, *others = (key.id for key in settings.FINGERPRINT_KEYS)
    return "ok", f"1 key: {first}." if not others else f"{len(others) + 1} keys: {first} writes, all look up."


def _provider() -> Told:
    if settings.DECISION_PROVIDER == "rules":
        return "ok", "rules: no model is called, a few rules over the text decide."
    host, port, tls = place_of(settings.OPENAI_BASE_URL)
    if trouble := trouble_reaching(host, port, tls=tls):
        return "FAIL", f"{host}:{port} cannot be reached: {trouble}."
    return (
        "ok",
        f"{host}:{port} takes a connection{' over TLS' if tls else ''}; {settings.OPENAI_MODEL} was not called.",
    )


def _limits() -> Told:
    own = settings.SUBMITTER_DECISIONS_PER_MINUTE or settings.SUBMITTER_DECISIONS_PER_DAY
    total = settings.DECISIONS_PER_MINUTE or settings.DECISIONS_PER_DAY
    if settings.ACCESS == "open" and own and not total:
        return "warn", "With ACCESS open every fresh browser is a new submitter; DECISIONS_PER_… would bind them all."
    if total and not own:
        return (
            "warn",
            "One submitter may use up what all of them have; SUBMITTER_DECISIONS_PER_… would leave some over.",
        )
    if not own:
        return "ok", "None is set."
    return "ok", "Set for each submitter and for all." if total else "Set for each submitter."


def _database() -> Told:
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite" and not Path(name).is_file():
        # Asking would make it.
        return "FAIL", "There is no such file; run manage.py migrate to make it."
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseFault as fault:
        return "FAIL", f"{connection.display_name} does not answer ({type(fault).__name__})."
    return "ok", f"{connection.display_name} answers."


def _asked(ask: Callable[[datetime], Told], now: datetime) -> Told:
    try:
        return ask(now)
    except DatabaseFault as fault:
        return "FAIL", f"Cannot be read ({type(fault).__name__}); is every migration applied?"


def _migrations(now: datetime) -> Told:
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if missing:
        return "FAIL", f"{missing} not applied; run manage.py migrate."
    return "ok", "All are applied."


def _guard(now: datetime) -> Told:
    """Ask for the ledger first: where there is no table, no trigger is missing."""
    TraceRecord.objects.exists()
    if guard_stands(connection.alias):
        return "ok", "The triggers that keep terminal rows final stand."
    return "FAIL", "A trigger that keeps terminal rows final is missing; run manage.py migrate."


def _gate(now: datetime) -> Told:
    for message in the_gate_was_passed([connection.alias]):
        return "warn", f"{message.msg} {message.hint}"
    return "ok", "What is configured passed the gate when it last ran."


def _running(now: datetime) -> Told:
    oldest = TraceRecord.objects.filter(status=Status.RUNNING).order_by("started_at").first()
    if oldest is None:
        return "ok", "No trace is running."
    overdue = TraceRecord.objects.overdue(now).count()
    seconds = (now - oldest.started_at) // timedelta(seconds=1)
    sentence = f"The oldest, {oldest}, was started {seconds:,} s ago; {overdue:,} overdue."
    return ("warn", f"{sentence} Does cron, or upkeep, run close_interrupted?") if overdue else ("ok", sentence)


def _retention(now: datetime) -> Told:
    kept = f"Traces are kept for {settings.TRACE_RETENTION_DAYS} days"
    oldest = TraceRecord.objects.order_by("started_at").first()
    if oldest is None:
        return "ok", f"{kept}; there is none."
    age = now - oldest.started_at
    if age > timedelta(days=settings.TRACE_RETENTION_DAYS) + PRUNE_SLACK:
        return "warn", f"{kept}, and the oldest is {age.days:,} days old. Does cron, or upkeep, run prune_traces?"
    return "ok", f"{kept}; the oldest is {age.days:,} days old."


def _checks(databases: list[str]) -> Told:
    """Ask Django's own and ours, those for a deploy as well."""
    messages = run_checks(include_deployment_checks=True, databases=databases)
    told = [message for message in messages if message.level >= WARNING and not message.is_silenced()]
    if not told:
        return "ok", "manage.py check --deploy has nothing to say."
    ids = ", ".join(sorted({message.id or "a check without an id" for message in told}))
    faults = sum(message.is_serious() for message in told)
    sentence = (
        f"manage.py check --deploy: {_counted(faults, 'error')}, {_counted(len(told) - faults, 'warning')}: {ids}."
    )
    return ("FAIL" if faults else "warn"), sentence


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


CONFIGURED: dict[str, Callable[[], Told]] = {
    "environment": _environment,
    "fingerprints": _fingerprints,
    "provider": _provider,
    "limits": _limits,
}
LEDGER: dict[str, Callable[[datetime], Told]] = {
    "migrations": _migrations,
    "guard": _guard,
    "eval": _gate,
    "running": _running,
    "retention": _retention,
}
