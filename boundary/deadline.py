"""One total deadline per call, on the monotonic clock, that every wait of the call shares."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic

_ends_at: ContextVar[float] = ContextVar("ends_at")


@contextmanager
def total_deadline(seconds: float) -> Iterator[None]:
    """Give everything inside this block `seconds` altogether."""
    token = _ends_at.set(monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(token)


def seconds_left() -> float:
    """
    Say how long the call may still wait.

    :raises TimeoutError: the deadline has passed
    """
    left = _ends_at.get() - monotonic()
    if left <= 0:
        raise TimeoutError
    return left
