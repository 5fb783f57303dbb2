"""A PostgreSQL that requires a password, as in production."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from urllib.parse import quote

import psycopg
from psycopg import sql

from tests.postgresql import Cluster, cluster

# Characters that break careless handling in an address, a shell or the password file.
PASSWORD = r"odd:\%40@/?&'$ x"
QUOTED_PASSWORD = quote(PASSWORD, safe="")
DATABASE = "ledger"
MOST_SECONDS = 10


@contextmanager
def guarded_server(role: str) -> Iterator[str]:
    """Start a server with one empty database, owned by a role without other rights. Yield its address."""
    with cluster() as made:
        name = sql.Identifier(role)
        with psycopg.connect(made.url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(name, sql.Literal(PASSWORD)))
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), name))
            (made.folder / "data" / "pg_hba.conf").write_text("local all all scram-sha-256\n")
            connection.execute("SELECT pg_reload_conf()")
        _wait_for_password_check(made)
        yield f"postgresql://{role}:{QUOTED_PASSWORD}@/{DATABASE}?host={quote(str(made.folder), safe='')}"


def _wait_for_password_check(made: Cluster) -> None:
    latest = monotonic() + MOST_SECONDS
    while monotonic() < latest:
        try:
            psycopg.connect(made.url).close()
        except psycopg.OperationalError:
            return
        sleep(0.02)
    raise AssertionError("the server still accepts connections without a password")
