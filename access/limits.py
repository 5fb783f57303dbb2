"""
How many decisions may be asked for in a minute and in a day: by one submitter, and by all of them together.

What is counted are the rows of the ledger, evals and batches excepted, so that every process counts the same and
nothing else has to be kept. A batch that keeps within the limits counts the rows of batches, too. All programs without
a token share the submitter `open`, and with it one limit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from math import ceil

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from access.refusals import Refusal
from traces.codes import Source
from traces.entries import Admit
from traces.models import TraceRecord

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
# Rows may be this far ahead of our clock, as another machine's is. What is further ahead was written before a clock was
# put back and does not count, or it would shut everybody out until its time has come.
CLOCK_SKEW = timedelta(seconds=5)
# Each holder of the lock counts and writes one row. Who waits longer meets a database that is not well.
LONGEST_WAIT = "5s"
FULL_FOR_SUBMITTER = "You have asked for as many decisions as you may for now."
FULL_FOR_ALL = "The service makes no more decisions for now."


@dataclass(frozen=True)
class Limit:
    """At most so many decisions within a window that slides; None is no limit."""

    decisions: int | None
    window: timedelta
    refusal: str

    def free_at(self, at: datetime, rows: QuerySet[TraceRecord], *, now: datetime) -> datetime | None:
        """
        Tell when a decision that started at this time may be made; None is now.

        It may have waited for the lock since. Walks as many entries of an index as are allowed.
        """
        if self.decisions is None:
            return None
        counted = rows.filter(started_at__gt=at - self.window, started_at__lte=now + CLOCK_SKEW)
        times = counted.order_by("-started_at").values_list("started_at", flat=True)
        oldest_in_the_way = next(iter(times[self.decisions - 1 : self.decisions]), None)
        return oldest_in_the_way and oldest_in_the_way + self.window


def limits_of(submitter: str, *, uncounted: tuple[Source, ...] = (Source.EVAL, Source.BATCH)) -> Admit | None:
    """
    Give what refuses a decision that is one too many, or None where nothing is limited.

    Call it, with the time that the row will bear, in the transaction that then writes it: it takes a lock that is held
    until that ends, so that nobody counts between another's count and row. It raises a `Refusal`: 429, with the whole
    seconds, at least one, until the next decision may be made.
    """
    own = _limits(settings.SUBMITTER_DECISIONS_PER_MINUTE, settings.SUBMITTER_DECISIONS_PER_DAY, FULL_FOR_SUBMITTER)
    total = _limits(settings.DECISIONS_PER_MINUTE, settings.DECISIONS_PER_DAY, FULL_FOR_ALL)
    if not any(limit.decisions for limit in own + total):
        return None

    def admit(at: datetime) -> None:
        _lock("all" if any(limit.decisions for limit in total) else submitter)
        # Each of these two is answered by an index alone.
        counted = TraceRecord.objects.exclude(source__in=uncounted)
        rows_of: dict[tuple[Limit, ...], QuerySet[TraceRecord]] = {
            own: counted.filter(submitter=submitter),
            total: counted,
        }
        _refuse_if_full(rows_of, at=at, now=timezone.now())

    return admit


@cache
def _limits(per_minute: int | None, per_day: int | None, refusal: str) -> tuple[Limit, Limit]:
    return Limit(per_minute, MINUTE, refusal), Limit(per_day, DAY, refusal)


def _refuse_if_full(rows_of: Mapping[tuple[Limit, ...], QuerySet[TraceRecord]], *, at: datetime, now: datetime) -> None:
    waits = [(limit.free_at(at, rows, now=now), limit.refusal) for limits, rows in rows_of.items() for limit in limits]
    full = [(free_at, refusal) for free_at, refusal in waits if free_at]
    if full:
        free_at, refusal = max(full)
        raise _too_many(refusal, seconds=max(1, ceil((free_at - now).total_seconds())))


def _lock(name: str) -> None:
    """
    Let no one else of this name count until the transaction ends. One lock each, so that nobody can wait in a circle.

    SQLite's transactions, which begin IMMEDIATE, exclude each other anyway.
    """
    if connection.vendor == "postgresql":
        key = int.from_bytes(sha256(f"decisions of {name}".encode()).digest()[:8], "big", signed=True)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('lock_timeout', %s, true), pg_advisory_xact_lock(%s)", [LONGEST_WAIT, key]
            )


def _too_many(reached: str, *, seconds: int) -> Refusal:
    wait, headers = _in_words(seconds), {"Retry-After": str(seconds)}
    detail = f"{reached} Come back in {wait}."
    return Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too_many_decisions", detail, headers=headers)


def _in_words(seconds: int) -> str:
    """Say a time in its own unit, rounded up: who comes back then is not too early."""
    for unit, length in (("hour", 3600), ("minute", 60)):
        if seconds > length:
            return f"{ceil(seconds / length)} {unit}s"
    return "a second" if seconds == 1 else f"{seconds} seconds"
