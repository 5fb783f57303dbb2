"""Threads that wait for a writer."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import Event
from time import monotonic, sleep
from typing import TypeVar

from django.db import connection

from traces.group_commit import GroupCommit

Result = TypeVar("Result")


@contextmanager
def behind_a_writer(group: GroupCommit, calls: Sequence[Callable[[], Result]]) -> Iterator[list["Future[Result]"]]:
    """Run each call in a thread of its own, and let all of them wait for the same writer."""
    writes, may_end = Event(), Event()

    def first() -> int:
        writes.set()
        return int(may_end.wait(30))

    with ThreadPoolExecutor(max_workers=len(calls) + 1) as threads:
        writing = threads.submit(in_this_thread, partial(group.commit, first))
        assert writes.wait(30)
        waiting = [threads.submit(in_this_thread, call) for call in calls]
        latest = monotonic() + 30
        while len(group._waiting) < len(calls) and monotonic() < latest:
            sleep(0.001)
        may_end.set()
        assert (writing.result(30), monotonic() < latest) == (1, True)
        yield waiting


def in_this_thread(call: Callable[[], Result]) -> Result:
    try:
        return call()
    finally:
        connection.close()
