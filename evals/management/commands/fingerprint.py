"""From a report that somebody quotes to its traces and cases."""

import sys
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from access.fields import fold_lines
from evals.cases import SuiteError
from evals.lookup import cases_with
from traces.fingerprints import fingerprints
from traces.models import TraceRecord

LONGEST = 10_000
MOST_TRACES = 50


class Command(BaseCommand):
    help = "Read a report from standard input and list the traces and eval cases that have it; the text is not kept."

    def handle(self, **_options: Any) -> None:
        text = _read_report()
        values = fingerprints(text, settings.FINGERPRINT_KEYS)
        for line in (*_keys(values), "", *_traces(text), "", *_cases(values)):
            self.stdout.write(line)


def _read_report() -> str:
    """
    Take a text as a customer's is taken, folded and stripped, whatever else it holds.

    :raises CommandError: without repeating any part of it
    """
    try:
        text = str(fold_lines(sys.stdin.buffer.read().decode()))
    except UnicodeDecodeError:
        raise CommandError("Standard input is not UTF-8 text.") from None
    if not text:
        raise CommandError("Standard input holds no report.")
    if len(text) > LONGEST:
        raise CommandError(f"Standard input holds more than {LONGEST:,} characters.")
    return text


def _keys(values: dict[str, str]) -> Iterator[str]:
    for key_id, value in values.items():
        yield f"key {key_id}: {value}"


def _traces(text: str) -> Iterator[str]:
    """Close first what was left running, as every read of a row does."""
    found = TraceRecord.objects.with_report(text, settings.FINGERPRINT_KEYS)
    found.close_interrupted(at=timezone.now())
    latest = found.order_by("-started_at")[: MOST_TRACES + 1]
    for trace in latest[:MOST_TRACES]:
        yield f"{trace.trace_id}  {trace.status:9}  {trace.started_at:%Y-%m-%d %H:%M:%S %Z}"
    if len(latest) > MOST_TRACES:
        yield f"There are more; these are the latest {MOST_TRACES}."
    if not latest:
        yield "No trace has this report."


def _cases(values: dict[str, str]) -> Iterator[str]:
    key = settings.FINGERPRINT_KEYS[0]
    try:
        names = cases_with(values[key.id], key)
    except SuiteError as fault:
        raise CommandError(f"The eval cases cannot be read. {fault}") from None
    yield from (f"eval case: {name}" for name in names)
    if not names:
        yield "No eval case has this report."
