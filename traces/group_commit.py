"""
Group commit: what several threads have to write goes into one transaction, so that they wait for the disk once.

SQLite has one writer, who waits for the disk at each commit, while the others look again and again whether it is their
turn. PostgreSQL groups its commits by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from threading import Condition, Lock

from django.db import OperationalError, connections, transaction

Result = int | Exception


@dataclass(eq=False)
class Write:
    """Work that waits; its outcome is its number of rows or its fault, once its group is on the disk or has failed."""

    work: Callable[[], int]
    outcome: Result | None = None


class GroupCommit:
    """The one writer of a process: who finds nobody at it writes for all who wait."""

    def __init__(self, using: str) -> None:
        self._using = using
        self._turn = Condition(Lock())
        self._somebody_writes = False
        self._waiting: list[Write] = []

    def commit(self, work: Callable[[], int]) -> int:
        """
        Have work done, in this thread or in another one, and return its number of rows once they are on the disk.

        It may read, and write by one statement: what it raises undoes that statement and nothing of the others'.

        :raises DatabaseError: nothing of the group was written
        """
        mine = Write(work)
        if self._comes_to_it(mine):
            try:
                self._write_all()
            finally:
                self._let_others()
        if isinstance(mine.outcome, int):
            return mine.outcome
        raise mine.outcome or OperationalError

    def _comes_to_it(self, mine: Write) -> bool:
        """Wait until it is written, or nobody writes; nothing is held meanwhile by who writes or is told."""
        with self._turn:
            self._waiting.append(mine)
            while self._somebody_writes and mine.outcome is None:
                self._turn.wait()
            comes = mine.outcome is None
            self._somebody_writes |= comes
            return comes

    def _let_others(self) -> None:
        with self._turn:
            self._somebody_writes = False
            self._turn.notify_all()

    def _write_all(self) -> None:
        """Write for all who have come by the time the database lets us; if it does not, all are told so."""
        group, told = list[Write](), list[Result]()
        try:
            with transaction.atomic(using=self._using, durable=True):
                group = self._take()
                outcomes = [self._carry_out(write.work) for write in group]
            told = outcomes
        finally:
            for write, outcome in zip_longest(group or self._take(), told):
                write.outcome = OperationalError() if outcome is None else outcome

    def _take(self) -> list[Write]:
        group = self._waiting[:]
        del self._waiting[: len(group)]
        return group

    def _carry_out(self, work: Callable[[], int]) -> Result:
        """Keep a fault for who waits for it, unless everyone's transaction has ended, for SQLite or for Django."""
        try:
            outcome: Result = work()
        except Exception as fault:  # noqa: BLE001 - who waits for it raises it
            outcome = fault
        connection = connections[self._using]
        if connection.needs_rollback or not connection.connection.in_transaction:
            raise OperationalError
        return outcome


@cache
def group_commit(using: str) -> GroupCommit:
    """Return the process's writer to a database."""
    return GroupCommit(using)
