"""
Django's PostgreSQL, which lends a pooled connection after a look at it instead of a question to the server.

The look finds whatever the server said since, its farewell above all, and only then is it asked. Django asks each time,
which is two trips of a decision's seven; from 6.1 on the pool's own options would take this check. A server that went
without a word is found by the system's keepalive, or by who asks it first.
"""

import select
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection, Error
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:  # noqa: ANN401 - as Django has it
        """Lend one that stands; when as many as the pool may hold were gone, the next is a new one."""
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
