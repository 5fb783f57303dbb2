"""What the long commands share: progress on a terminal, and an honest last sentence when they are stopped."""

import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from traceback import clear_frames
from typing import Any, TypeVar

from django.core.management.base import CommandError, OutputWrapper
from django.db import Error as DatabaseFault
from django.db.models import QuerySet

# What a shell calls a process that Ctrl-C ended, and what people here read as "could not be told".
STOPPED, UNFINISHED = 130, 2
SHOWN_EVERY = 500
CHUNK = 2_000

Row = TypeVar("Row")


@dataclass
class Tally:
    """Count what is done; where standard error is a terminal, show it there next to the whole."""

    stderr: OutputWrapper
    whole: int | None
    done: int = 0

    def add(self, count: int) -> None:
        before, self.done = self.done, self.done + count
        if self.whole is not None and before // SHOWN_EVERY < self.done // SHOWN_EVERY:
            self.stderr.write(f"\r{self.done:,} of {self.whole:,}", style_func=str, ending="")

    @contextmanager
    def each(self, rows: QuerySet[Any, Row]) -> Iterator[Iterator[Row]]:
        """
        Stream the rows, a few thousand in memory at a time, and count each when its taker is through with it.

        However the block ends, the database's cursor is closed by then.
        """
        with closing(_stream(rows)) as stream:
            yield self._counted(stream)

    def _counted(self, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            yield row
            self.add(1)


def _stream(rows: QuerySet[Any, Row]) -> Generator[Row, None, None]:
    yield from rows.iterator(chunk_size=CHUNK)


@contextmanager
def tallied(stderr: OutputWrapper, *, whole: Callable[[], int], told: Callable[[int], str]) -> Iterator[Tally]:
    """
    Count what the block does; if it is stopped, say by `told(count)` how far it came.

    :raises SystemExit: by Ctrl-C
    :raises CommandError: the database failed
    """
    tally = Tally(stderr, whole=None)
    try:
        if stderr.isatty():
            tally.whole = whole()
        yield tally
    except KeyboardInterrupt as stop:
        # It may have come amid a read: let go of its cursor while the connection is still there.
        clear_frames(stop.__traceback__)
        _end_line(tally)
        stderr.write(f"Stopped. {told(tally.done)}", style_func=str)
        sys.exit(STOPPED)
    except DatabaseFault as fault:
        _end_line(tally)
        kind = type(fault).__name__
        raise CommandError(f"The ledger failed ({kind}). {told(tally.done)}", returncode=UNFINISHED) from None
    else:
        _end_line(tally)


def _end_line(tally: Tally) -> None:
    if tally.whole is not None and tally.done >= SHOWN_EVERY:
        tally.stderr.write("", style_func=str)
