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

from traces.deadlines import deadline, seconds_left

Result = int | Exception


@dataclass(eq=False)
class Write:
    """Waiting work. Once its group is committed or has failed, `outcome` is its number of rows or its exception."""

    work: Callable[[], int]
    outcome: Result | None = None


class GroupCommit:
    """The writer of a process. The first thread commits for all waiting threads. Each waits for its own time."""

    def __init__(self, using: str) -> None:
        self._using = using
        self._changed = Condition(Lock())
        self._has_leader = False
        self._waiting: list[Write] = []

    def commit(self, work: Callable[[], int]) -> int:
        """
        Run the work, in this thread or in another, and return its number of rows once they are committed.

        The work may read, and write by one statement or in a savepoint. An exception undoes only that, not the group.

        :raises DatabaseError: nothing of the group was written, or the time of this thread is over
        """
        mine = Write(work)
        # A thread without a clock waits as long as SQLite itself would.
        with deadline(connections[self._using].settings_dict["OPTIONS"]["timeout"]):
            if self._become_leader(mine):
                try:
                    self._commit_group(mine)
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
                is_taken = mine not in self._waiting
                if not self._changed.wait(None if is_taken else seconds_left()) and mine in self._waiting:
                    mine.outcome = OperationalError()
            leads = mine.outcome is None
            self._has_leader |= leads
            if mine in self._waiting:
                self._waiting.remove(mine)
            return leads

    def _step_down(self) -> None:
        with self._changed:
            self._has_leader = False
            self._changed.notify_all()

    def _commit_group(self, mine: Write) -> None:
        """
        Commit this work and all that waits when the transaction starts. If it fails, the outcome of each is an error.

        If the transaction cannot start, only this work has failed.
        """
        group, outcomes = [mine], list[Result]()
        try:
            with transaction.atomic(using=self._using, durable=True):
                group += self._take_waiting()
                results = [self._run(write.work) for write in group]
            outcomes = results
        finally:
            for write, outcome in zip_longest(group, outcomes):
                write.outcome = OperationalError() if outcome is None else outcome

    def _take_waiting(self) -> list[Write]:
        with self._changed:
            group, self._waiting = self._waiting, []
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
