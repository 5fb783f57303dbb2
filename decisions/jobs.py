"""Do many pieces of work that each wait for a model, several at a time."""

from argparse import ArgumentTypeError
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

from django.db import connection

Item = TypeVar("Item")


def positive(value: str) -> int:
    """:raises ArgumentTypeError: an argument that is no number from 1"""
    if not value.isdigit() or int(value) < 1:
        raise ArgumentTypeError("must be a number from 1")
    return int(value)


def run_jobs(
    work: Callable[[Item], None], items: Iterable[Item], *, jobs: int, on_done: Callable[[], None] = lambda: None
) -> None:
    """
    Work on each item in a thread. If the run is stopped, only what has begun still ends.

    `on_done` is called here after each item. Each piece of work gives its database connection back.
    """

    def run(item: Item) -> None:
        try:
            work(item)
        finally:
            connection.close()

    with ThreadPoolExecutor(jobs) as threads:
        waiting = [threads.submit(run, item) for item in items]
        try:
            for done in as_completed(waiting):
                done.result()
                on_done()
        finally:
            for each in waiting:
                each.cancel()
