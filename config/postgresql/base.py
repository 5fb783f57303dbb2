"""
Django's PostgreSQL, which lends a pooled connection after a look at it instead of a question to the server.

The look finds whatever the server said since, its farewell above all, and only then is it asked. Django asks each time,
which is two trips of a decision's seven; from 6.1 on the pool's own options would take this check.
"""

import select
from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection, OperationalError
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:  # noqa: ANN401 - as Django has it
        while _is_gone(connection := super().get_new_connection(conn_params)):
            connection.close()
            self.pool.putconn(connection)
        return connection


def _is_gone(connection: Connection) -> bool:
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    if not poll.poll(0):
        return False
    try:
        ConnectionPool.check_connection(connection)
    except OperationalError:
        return True
    return False
