"""
The one clock of a request. It starts when the request is accepted, and all that the request waits for spends from it.

Without a running clock, as in most commands, no wait is bounded here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic

# The longest deadline that may be set.
LONGEST_SECONDS = 40
# An answer that has arrived is paid for. Writing it down may take this much longer than the deadline.
CLOSING_SECONDS = 5
# What is answered while all places are taken waits no longer than this.
PROBE_SECONDS = 2

_ends_at: ContextVar[float | None] = ContextVar("ends_at", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Start the clock for a block. A clock that runs already goes on."""
    token = _ends_at.set(monotonic() + seconds if (earlier := ends_at()) is None else earlier)
    try:
        yield
    finally:
        _ends_at.reset(token)


def ends_at() -> float | None:
    """Return the moment at which the running clock ends, in seconds of `monotonic()`."""
    return _ends_at.get()


def seconds_left() -> float | None:
    """Return what is left of the running clock, never less than 0; None without a clock."""
    latest = ends_at()
    return None if latest is None else max(0.0, latest - monotonic())


def allow_closing() -> None:
    """Let the running clock go on for CLOSING_SECONDS more."""
    if (latest := ends_at()) is not None:
        _ends_at.set(latest + CLOSING_SECONDS)
