"""
The one clock of a request. It starts when the request is accepted, and all that the request waits for spends from it.

Without a running clock, as in most commands, no wait is bounded here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import monotonic

# The longest deadline that may be set.
LONGEST_SECONDS = 120
# An answer that has arrived is paid for. Writing it down may take this much longer than the deadline.
CLOSING_SECONDS = 5
# What is answered while all places are taken waits no longer than this.
PROBE_SECONDS = 2


@dataclass(eq=False)
class Clock:
    """`ends_at` is in seconds of `monotonic()`."""

    ends_at: float
    is_running: bool = True

    @property
    def seconds_left(self) -> float:
        return max(0.0, self.ends_at - monotonic())

    def allow_closing(self) -> None:
        """Go on for CLOSING_SECONDS more."""
        self.ends_at += CLOSING_SECONDS


_clock: ContextVar[Clock | None] = ContextVar("clock", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[Clock]:
    """Let a clock run for a block. A clock that runs already goes on."""
    if earlier := running_clock():
        yield earlier
        return
    mine = Clock(monotonic() + seconds)
    token = _clock.set(mine)
    try:
        yield mine
    finally:
        mine.is_running = False
        _clock.reset(token)


def running_clock() -> Clock | None:
    return _clock.get()


def seconds_left() -> float | None:
    """Return what is left of the running clock, never less than 0; None without a clock."""
    clock = running_clock()
    return clock.seconds_left if clock else None
