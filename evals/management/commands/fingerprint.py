"""Find the traces and eval cases of a report that somebody quotes, or make a case of it."""

import sys
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from access.fields import fold_lines
from evals.lookup import names_by_fingerprint
from evals.reviewed import case_line, latest_review
from evals.suites import SuiteError
from traces.fingerprints import fingerprints
from traces.models import TraceRecord

LONGEST = 10_000
MOST_TRACES = 50


class Command(BaseCommand):
    help = "Read a report from standard input and list the traces and eval cases that have it; the text is not kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--as-case", action="store_true", help="print it as a labelled case, if a person has reviewed a trace of it"
        )

    def handle(self, **options: Any) -> None:
        if sys.stdin.isatty():
            self.stderr.write("Paste the report. End it with Enter, then Ctrl-D on a line of its own.", str)
        text = _read_report()
        if options["as_case"]:
            self._write_case(text)
            return
        values = fingerprints(text, settings.FINGERPRINT_KEYS)
        keys = (f"key {key_id}: {value}" for key_id, value in values.items())
        for line in (*keys, "", *_traces(text), "", *_cases(values)):
            self.stdout.write(line)

    def _write_case(self, text: str) -> None:
        try:
            review, others_differ = latest_review(text)
            line = case_line(review, text.strip())
        except SuiteError as fault:
            raise CommandError(str(fault)) from None
        differing = " Another trace of this report was reviewed with another outcome." if others_differ else ""
        self.stderr.write(f"{review.trace_id}: {review.outcome}, {review.reviewed_at:%Y-%m-%d}.{differing}", str)
        self.stdout.write(line)


def _read_report() -> str:
    """Read a text and fold it as a customer's text is. No error repeats any part of it."""
    try:
        text = str(fold_lines(sys.stdin.buffer.read().decode()))
    except UnicodeDecodeError:
        raise CommandError("Standard input is not UTF-8 text.") from None
    if not text:
        raise CommandError("Standard input holds no report.")
    if len(text) > LONGEST:
        raise CommandError(f"Standard input holds more than {LONGEST:,} characters.")
    return text


def _traces(text: str) -> Iterator[str]:
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
        names = names_by_fingerprint(key).get(values[key.id], ())
    except SuiteError as fault:
        raise CommandError(f"The eval cases cannot be read. {fault}") from None
    yield from [f"eval case: {name}" for name in names] or ["No eval case has this report."]
