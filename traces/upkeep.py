"""What the long commands share: progress on a terminal, and a true last sentence when they are stopped."""

import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from traceback import clear_frames
from typing import Any, TypeVar

from django.core.management.base import CommandError, OutputWrapper
from django.db import Error as DatabaseFault
from django.db.models import QuerySet

from traces.connections import why_refused

# Exit codes: the shell's code for a process that Ctrl-C ended, and our own for a command that could not finish.
STOPPED, UNFINISHED = 130, 2
SHOWN_EVERY = 500
CHUNK = 2_000

Row = TypeVar("Row")


@dataclass
class Progress:
    """Count the rows that are done. If standard error is a terminal, show the count and the total there."""

    stderr: OutputWrapper
    total: int | None
    every: int
    done: int = 0

    def add(self, count: int) -> None:
        before, self.done = self.done, self.done + count
        if self.total is not None and before // self.every < self.done // self.every:
            self.stderr.write(f"\r{self.done:,} of {self.total:,}", style_func=str, ending="")

    @contextmanager
    def stream_rows(self, rows: QuerySet[Any, Row]) -> Iterator[Iterator[Row]]:
        """Count each row after it was used. The database's cursor is closed when the block ends."""
        with closing(_stream(rows)) as stream:
            yield self._count(stream)

    def _count(self, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            yield row
            self.add(1)


def _stream(rows: QuerySet[Any, Row]) -> Generator[Row, None, None]:
    yield from rows.iterator(chunk_size=CHUNK)


@contextmanager
def report_progress(
    stderr: OutputWrapper, *, count_rows: Callable[[], int], summarise: Callable[[int], str], every: int = SHOWN_EVERY
) -> Iterator[Progress]:
    """
    Count the rows that the block finishes, and show `every` so many. If it is stopped, write `summarise(count)`.

    :raises SystemExit: by Ctrl-C
    :raises CommandError: the database failed
    """
    progress = Progress(stderr, total=None, every=every)
    try:
        if stderr.isatty():
            progress.total = count_rows()
        yield progress
    except KeyboardInterrupt as stop:
        # Ctrl-C may interrupt a read. Release its cursor while the connection is still open.
        clear_frames(stop.__traceback__)
        _end_line(progress)
        stderr.write(f"Stopped. {summarise(progress.done)}", style_func=str)
        sys.exit(STOPPED)
    except DatabaseFault as fault:
        _end_line(progress)
        sentences = f"The ledger failed ({type(fault).__name__}).", why_refused(), summarise(progress.done)
        raise CommandError(" ".join(filter(None, sentences)), returncode=UNFINISHED) from None
    else:
        _end_line(progress)


def _end_line(progress: Progress) -> None:
    if progress.total is not None and progress.done >= progress.every:
        progress.stderr.write("", style_func=str)
