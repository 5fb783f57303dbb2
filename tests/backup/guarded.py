"""A PostgreSQL that lets nobody in without a password, as in production."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from urllib.parse import quote

import psycopg
from psycopg import sql

from tests.postgresql import Cluster, cluster

# Every character that an address, a shell or the password file could trip over.
PASSWORD = r"odd:\%40@/?&'$ x"
CODED = quote(PASSWORD, safe="")
DATABASE = "ledger"
UNTIL_GUARDED_SECONDS = 10


@contextmanager
def guarded_server(role: str) -> Iterator[str]:
    """Start a server with one empty database, which belongs to a role without rights beyond it; yield its address."""
    with cluster() as made:
        name = sql.Identifier(role)
        with psycopg.connect(made.url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(name, sql.Literal(PASSWORD)))
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), name))
            (made.folder / "data" / "pg_hba.conf").write_text("local all all scram-sha-256\n")
            connection.execute("SELECT pg_reload_conf()")
        _wait_until_guarded(made)
        yield f"postgresql://{role}:{CODED}@/{DATABASE}?host={quote(str(made.folder), safe='')}"


def _wait_until_guarded(made: Cluster) -> None:
    latest = monotonic() + UNTIL_GUARDED_SECONDS
    while monotonic() < latest:
        try:
            psycopg.connect(made.url).close()
        except psycopg.OperationalError:
            return
        sleep(0.02)
    raise AssertionError("the server still lets anybody in")
