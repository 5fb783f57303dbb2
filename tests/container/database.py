"""A PostgreSQL as in production: by TCP, with a password, and a user that owns only its database."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from tests.ports import free_port
from tests.postgresql import cluster

NAME = "rotation"


@contextmanager
def postgresql(password: str) -> Iterator[str]:
    """Serve until the block ends. Yield the address with its password."""
    with cluster("--listen-addresses=127.0.0.1", port=free_port()) as server:
        access = server.data / "pg_hba.conf"
        access.write_text(access.read_text().replace("reject", "scram-sha-256"))
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("SELECT pg_reload_conf()")
            _make_owner(connection, password)
        yield f"postgresql://{NAME}:{password}@127.0.0.1:{server.port}/{NAME}"


def _make_owner(connection: psycopg.Connection, password: str) -> None:
    owner = sql.Identifier(NAME)
    connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(owner, sql.Literal(password)))
    connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(owner, owner))
