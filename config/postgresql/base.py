"""
Django's PostgreSQL backend, which bounds what a request waits for, and checks a pooled connection without a query.

A request waits until its clock ends (traces/deadlines.py), be it for a connection or for the answer to a statement. The
server gives up a lock a little earlier, so that the connection stays of use. A command has no clock and no bound.

The check looks for unread data on the socket, such as the server's last message. Only if there is some, it queries the
server. Django queries it each time, which is two of a decision's seven round trips. From 6.1 on, an option of the pool
could hold this check. If the server vanished silently, the system's keepalive or the next query finds out.
"""

import select
from typing import Any
from weakref import WeakSet

from django.conf import settings
from django.db.backends.postgresql import base
from psycopg import Connection, Error, OperationalError
from psycopg_pool import ConnectionPool

from config.postgresql.watchdog import Watchdog
from traces.deadlines import CLOSING_SECONDS, running_clock

# The part of the deadline that a statement may wait for a lock.
LOCK_SHARE = 0.9

_watchdog = Watchdog()
_bounded: WeakSet[Connection] = WeakSet()


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:  # noqa: ANN401 - as Django has it
        """Return a connection that works; after as many lost ones as the pool may hold, the next one is new."""
        if not self.pool:
            return super().get_new_connection(conn_params)
        self.pool.open()
        for _ in range(self.pool.max_size):
            connection = self._get_from_pool()
            if not _is_gone(connection):
                return connection
            _watchdog.release(connection)
            connection.close()
            self.pool.putconn(connection)
        return self._get_from_pool()

    def _get_from_pool(self) -> Connection:
        clock = running_clock()
        if clock and not clock.seconds_left:
            raise OperationalError("the request's time is over")
        patience = min(clock.seconds_left, self.pool.timeout) if clock else None
        connection: Connection = self.pool.getconn(patience)
        if clock:
            _watchdog.watch(connection, clock)
        return connection

    # Private to Django, which has no public method for the moment before a connection goes back to the pool.
    # tests/configuration/test_pool.py holds what this does, and pyproject.toml the minor version of Django.
    def _close(self) -> None:
        if self.connection is not None:
            _watchdog.release(self.connection)
        super()._close()  # type: ignore[misc] # the stubs omit it


def _is_gone(connection: Connection) -> bool:
    poll = select.poll()
    try:
        poll.register(connection, select.POLLIN)
        if poll.poll(0):
            ConnectionPool.check_connection(connection)
        if running_clock() and connection not in _bounded:
            _bound(connection)
    except Error:
        return True
    return False


def _bound(connection: Connection) -> None:
    """Bound the statements of a connection on the server, once. Its commits are not statements in this sense."""
    deadline_ms = settings.DECISION_DEADLINE_SECONDS * 1000
    lock_ms, statement_ms = deadline_ms * LOCK_SHARE, deadline_ms + CLOSING_SECONDS * 1000
    # A connection that was given back within a transaction would begin another one.
    connection.autocommit = True
    connection.execute(f"SET lock_timeout = {lock_ms:.0f}; SET statement_timeout = {statement_ms:.0f}")
    _bounded.add(connection)
