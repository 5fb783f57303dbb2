"""
Django's PostgreSQL backend, which checks a pooled connection without a query.

It looks for unread data on the socket, such as the server's last message. Only if there is some, it queries the server.
Django queries it each time, which is two of a decision's seven round trips. From 6.1 on, an option of the pool could
hold this check. If the server vanished silently, the system's keepalive or the next query finds out.
"""

import select
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection, Error
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:  # noqa: ANN401 - as Django has it
        """Return a connection that works; after as many lost ones as the pool may hold, the next one is new."""
        for _ in range(self.pool.max_size if self.pool else 0):
            connection = super().get_new_connection(conn_params)
            if not _is_gone(connection):
                return connection
            connection.close()
            self.pool.putconn(connection)
        return super().get_new_connection(conn_params)


def _is_gone(connection: Connection) -> bool:
    poll = select.poll()
    try:
        poll.register(connection, select.POLLIN)
        if poll.poll(0):
            ConnectionPool.check_connection(connection)
    except Error:
        return True
    return False
