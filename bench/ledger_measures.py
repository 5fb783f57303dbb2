"""Ask the operators' pages one after another, and say what each took beside what it may take."""

import logging
from collections.abc import Callable
from statistics import median
from time import perf_counter

from django.contrib.admin.utils import quote
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client

from bench.ledger_database import fill
from bench.ledger_pages import LIST, LIST_MS, LOOKUP_MS, pages
from bench.ledger_writes import close_one, without_indexes
from bench.lines import p99, quickest_tenth, say, times, verdict
from traces.identifiers import new_trace_id
from traces.models import TraceRecord

PAGES, LOOKUPS, WRITES, ROUNDS = 20, 1000, 300, 3
# The indexes that the ledger has for itself.
OWN = {"traces_status_latest", "traces_account_latest", "traces_fingerprint_latest", "traces_retry_of"}


def measure(count: int, *, days: float) -> None:
    logging.disable()
    call_command("migrate", verbosity=0, skip_checks=True)
    if not TraceRecord.objects.exists():
        seconds = _milliseconds(lambda: fill(count, days=days)) / 1000
        say(f"{count} rows over {days:g} days, written in {seconds:.0f} s")
    operator = _operator()
    for name, (address, limit) in pages(days=days).items():
        _say(name, [_get(operator, address) for _ in range(PAGES)], limit)
    ids = [_some_id() for _ in range(LOOKUPS)]
    _say("row by its id", [_milliseconds(TraceRecord.objects.filter(pk=pk).get) for pk in ids], LOOKUP_MS)
    _say("search by id, to its page", [_get(operator, f"{LIST}?q={pk}", status=302) for pk in ids], LOOKUP_MS)
    _say("page of a trace", [_get(operator, f"{LIST}{quote(pk)}/change/") for pk in ids], LIST_MS)
    _compare_writes()


def _operator() -> Client:
    user, _ = get_user_model().objects.get_or_create(username="bench", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.get(LIST)
    return client


def _get(operator: Client, address: str, *, status: int = 200) -> float:
    started = perf_counter()
    response = operator.get(address)
    took = (perf_counter() - started) * 1000
    if response.status_code != status:
        raise SystemExit(f"{address} answered {response.status_code}")
    return took


def _some_id() -> str:
    after = TraceRecord.objects.filter(pk__gt=new_trace_id()).order_by("pk")
    return after.values_list("pk", flat=True).first() or _some_id()


def _compare_writes() -> None:
    """Measure what a request writes with the pages' indexes and without, in turn."""
    every: list[float] = []
    fewer: list[float] = []
    for_pages = [index for index in TraceRecord._meta.indexes if index.name not in OWN]
    for _ in range(ROUNDS):
        every += _write()
        with without_indexes(for_pages):
            fewer += _write()
    _say("two writes of a request", every)
    _say("the same, without the pages' indexes", fewer)
    ratio = quickest_tenth(every) / quickest_tenth(fewer)
    say(f"with the pages' indexes the writes take {ratio:.2f} of the time without, in the quickest tenth")


def _write() -> list[float]:
    """Throw away the first half, in which caches fill."""
    return [_milliseconds(close_one) for _ in range(2 * WRITES)][WRITES:]


def _milliseconds(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return (perf_counter() - started) * 1000


def _say(name: str, took: list[float], limit: int | None = None) -> None:
    """A limit is for the median of a page, and for the 99th percentile of a lookup."""
    told = "" if limit is None else f"  {verdict(p99(took) if limit == LOOKUP_MS else median(took), limit)}"
    say(f"{name:40} {times(took)}{told}")
