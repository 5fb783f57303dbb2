"""Many at once: each in a thread with a database connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

Result = TypeVar("Result")


def all_at_once(work: Callable[[int], Result], *, threads: int) -> list[Result]:
    """Start every thread's work at the same instant; return the results in the threads' order."""
    # A pooled connection of this thread's would be one too many beside theirs.
    connection.close()
    start = Barrier(threads, timeout=90)

    def run(thread: int) -> Result:
        try:
            start.wait()
            return work(thread)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))
