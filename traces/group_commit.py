"""
Group commit: what several threads have to write goes into one transaction, so that they wait for the disk once.

SQLite has one writer, who waits for the disk at each commit, while the others look again and again whether it is their
turn. PostgreSQL groups its commits by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from threading import Lock

from django.db import OperationalError, connections, transaction


@dataclass(eq=False)
class Write:
    """Work that waits. Once it is over, it has its number of rows or a fault of its own; else its group failed."""

    work: Callable[[], int]
    is_over: bool = False
    rows: int | None = None
    fault: Exception | None = None


class GroupCommit:
    """The one writer of a process: who finds nobody at it writes for all who wait."""

    def __init__(self, using: str) -> None:
        self._using = using
        self._writing = Lock()
        self._waiting: list[Write] = []

    def commit(self, work: Callable[[], int]) -> int:
        """
        Have work done, in this thread or in another one, and return its number of rows once they are on the disk.

        It may read, and write by one statement: what it raises undoes that statement and nothing of the others'.

        :raises OperationalError: nothing of the group was written
        """
        mine = Write(work)
        self._waiting.append(mine)
        with self._writing:
            if not mine.is_over:
                self._write_all()
        if mine.fault:
            raise mine.fault
        if mine.rows is None:
            raise OperationalError
        return mine.rows

    def _write_all(self) -> None:
        """Write for all who have come by the time the database lets us; if it does not, all are told so."""
        group: list[Write] = []
        try:
            with transaction.atomic(using=self._using, durable=True):
                group = self._take()
                touched = [self._carry_out(write) for write in group]
            for write, rows in zip(group, touched, strict=True):
                write.rows = rows
        finally:
            for write in group or self._take():
                write.is_over = True

    def _take(self) -> list[Write]:
        group = self._waiting[:]
        del self._waiting[: len(group)]
        return group

    def _carry_out(self, write: Write) -> int | None:
        """Keep a fault for who waits for it, unless SQLite has ended everyone's transaction with it."""
        try:
            return write.work()
        except Exception as fault:
            if not connections[self._using].connection.in_transaction:
                raise
            write.fault = fault
            return None


@cache
def group_commit(using: str) -> GroupCommit:
    """Return the process's writer to a database."""
    return GroupCommit(using)
