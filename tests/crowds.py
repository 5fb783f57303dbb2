"""Many at once: each in a thread with a database connection of its own."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

Item = TypeVar("Item")
Result = TypeVar("Result")


def all_at_once(work: Callable[[int], Result], *, threads: int) -> list[Result]:
    """Start every thread's work at the same instant; return the results in the threads' order."""
    start = Barrier(threads, timeout=90)

    def run(thread: int) -> Result:
        start.wait()
        return work(thread)

    return in_threads(run, range(threads))


def in_threads(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Work on each item in a thread of its own; return the results in the items' order."""
    # A pooled connection of this thread's would be one too many beside theirs.
    connection.close()
    items = list(items)

    def run(item: Item) -> Result:
        try:
            return work(item)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(items)) as pool:
        return list(pool.map(run, items))
