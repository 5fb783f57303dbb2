"""
Group commit: the writes of several threads share one transaction, so that they wait for the disk only once.

SQLite has one writer at a time, which waits for the disk at each commit while the others poll for their turn.
PostgreSQL groups commits by itself.
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
    """Waiting work. Once its group is committed or has failed, `outcome` is its number of rows or its exception."""

    work: Callable[[], int]
    outcome: Result | None = None


class GroupCommit:
    """The writer of a process. The first thread commits for all waiting threads."""

    def __init__(self, using: str) -> None:
        self._using = using
        self._changed = Condition(Lock())
        self._has_leader = False
        self._waiting: list[Write] = []

    def commit(self, work: Callable[[], int]) -> int:
        """
        Run the work, in this thread or in another, and return its number of rows once they are committed.

        The work may read, and write by one statement or in a savepoint. An exception undoes only that, not the group.

        :raises DatabaseError: nothing of the group was written
        """
        mine = Write(work)
        if self._become_leader(mine):
            try:
                self._commit_group()
            finally:
                self._step_down()
        if isinstance(mine.outcome, int):
            return mine.outcome
        raise mine.outcome or OperationalError

    def _become_leader(self, mine: Write) -> bool:
        """Wait until a leader has written this work or there is no leader. Return whether this thread leads now."""
        with self._changed:
            self._waiting.append(mine)
            while self._has_leader and mine.outcome is None:
                self._changed.wait()
            leads = mine.outcome is None
            self._has_leader |= leads
            return leads

    def _step_down(self) -> None:
        with self._changed:
            self._has_leader = False
            self._changed.notify_all()

    def _commit_group(self) -> None:
        """Commit all work that waits when the transaction starts. If it fails, the outcome of each is an error."""
        group, outcomes = list[Write](), list[Result]()
        try:
            with transaction.atomic(using=self._using, durable=True):
                group = self._take_waiting()
                results = [self._run(write.work) for write in group]
            outcomes = results
        finally:
            for write, outcome in zip_longest(group or self._take_waiting(), outcomes):
                write.outcome = OperationalError() if outcome is None else outcome

    def _take_waiting(self) -> list[Write]:
        group = self._waiting[:]
        del self._waiting[: len(group)]
        return group

    def _run(self, work: Callable[[], int]) -> Result:
        """Return an exception as the result, unless it has ended the transaction of the whole group."""
        try:
            result: Result = work()
        except Exception as fault:  # noqa: BLE001 - the waiting thread raises it
            result = fault
        connection = connections[self._using]
        if connection.needs_rollback or not connection.connection.in_transaction:
            raise OperationalError
        return result


@cache
def group_commit(using: str) -> GroupCommit:
    """Return the process's one writer to a database."""
    return GroupCommit(using)
