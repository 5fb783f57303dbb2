"""Decide the reports of a CSV file, several at a time. The same command again costs nothing and goes on."""

import signal
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.core.management.base import BaseCommand, CommandError, CommandParser

from access.submitters import BATCH, Asker, user_named
from decisions.batch import REFUSED, Batch
from decisions.batch_file import FileRefused, read_batch
from decisions.decide import LedgerUnavailable
from decisions.jobs import positive, run_jobs
from decisions.providers import configured_provider
from decisions.registry import workflows
from traces.codes import Status
from traces.connections import why_refused
from traces.export_command import write_whole
from traces.exports import csv_lines
from traces.upkeep import UNFINISHED, report_progress

unfinished = partial(CommandError, returncode=UNFINISHED)


class Command(BaseCommand):
    help = (
        "Have each line of a CSV file decided, and write the results. Lines that have a row are not sent again. "
        "Exits 0: all are completed; 1: some are not; 2: the run did not finish."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.csv", help="its columns are the fields of the workflow")
        parser.add_argument("--out", type=Path, required=True, metavar="RESULT.csv", help="overwritten at each run")
        parser.add_argument("--workflow", choices=[each.name for each in workflows()], help="default: by the columns")
        parser.add_argument("--jobs", type=positive, default=4, help="how many lines to decide at the same time")
        parser.add_argument(
            "--as",
            dest="username",
            metavar="USERNAME",
            help="decide as this user, for the accounts that they may ask about",
        )
        parser.add_argument("--retry-failed", action="store_true", help="send failed lines again, each in a new row")
        parser.add_argument(
            "--within-limits", action="store_true", help="obey the limits on decisions, and count batch rows too"
        )

    def handle(self, **options: Any) -> None:
        # A deploy stops it as Ctrl-C does: what has begun still ends.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        batch = _read(**options)
        counts = self._run(batch, **options)
        self.stdout.write(_summary(batch, counts, options["out"]))
        if counts.total() > counts[Status.COMPLETED]:
            sys.exit(1)

    def _run(self, batch: Batch, *, out: Path, jobs: int, retry_failed: bool, **_options: Any) -> Counter[str]:
        total = len(batch.file.lines)

        def summary(done: int) -> str:
            return f"{done:,} of {total:,} lines are done; the same command goes on."

        with report_progress(self.stderr, count_rows=lambda: total, summarise=summary, every=1) as progress:
            due = batch.due(retry_failed=retry_failed)
            progress.add(total - len(due))
            # Before any cost, so that a file that cannot be written costs nothing.
            _write(batch, out)
            try:
                jobs = min(jobs, settings.DECISIONS_IN_FLIGHT)
                run_jobs(batch.send, due, jobs=jobs, on_done=partial(progress.add, 1))
                batch.await_running()
            except LedgerUnavailable:
                sentences = "The ledger cannot be reached.", why_refused(), summary(progress.done)
                raise unfinished(" ".join(filter(None, sentences))) from None
            finally:
                counts = _write(batch, out)
        return counts


def _read(
    *, file: Path, out: Path, workflow: str | None, username: str | None, within_limits: bool, **_options: Any
) -> Batch:
    """:raises CommandError: before any cost"""
    known = tuple(each for each in workflows() if workflow in (None, each.name))
    try:
        if out.exists() and out.samefile(file):
            raise unfinished("--out would overwrite the file itself.")
        batch_file = read_batch(file.read_bytes(), known)
        asker = user_named(username) if username else Asker(BATCH)
    except OSError as fault:
        raise unfinished(f"{file} cannot be read: {fault.strerror}.") from None
    except FileRefused as refused:
        raise unfinished(f"{file}: {refused}") from None
    except ObjectDoesNotExist:
        raise unfinished("No active user has this name.") from None
    provider = configured_provider(batch_file.workflow)
    return Batch(file=batch_file, asker=asker, provider=provider, within_limits=within_limits)


def _write(batch: Batch, out: Path) -> Counter[str]:
    """Write the results and count their states."""
    results = list(batch.results())
    write_whole(csv_lines(results, batch.columns), out, returncode=UNFINISHED)
    return Counter(each["status"] for each in results)


def _summary(batch: Batch, counts: Counter[str], out: Path) -> str:
    lines = [f"{', '.join(f'{count:,} {status}' for status, count in counts.items()) or 'no line'}; see {out}."]
    if counts[Status.FAILED] and batch.retry_can_help():
        lines.append("--retry-failed sends the failed lines again.")
    if counts[REFUSED]:
        lines.append("Correct the refused lines in a file of their own: this file, changed, would be decided anew.")
    return "\n".join(lines)
