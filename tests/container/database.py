"""A PostgreSQL that is reached as in production: by TCP, with a password, as a user that owns its database alone."""

import os
import pwd
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

import psycopg
from psycopg import sql

from tests.databases import START_SECONDS, _await, _find_programs, _make_cluster
from tests.ports import free_port

NAME = "rotation"


@contextmanager
def postgresql(password: str) -> Iterator[str]:
    """Serve until the block ends; yield the address with its password."""
    programs, port = _find_programs(), free_port()
    assert programs is not None
    with TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as place:
        folder, user = Path(place), pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        _make_cluster(programs, data=folder / "data", user="postgres")
        access = folder / "data" / "pg_hba.conf"
        access.write_text(access.read_text().replace("reject", "scram-sha-256"))
        with (folder / "log").open("wb") as output:
            server = subprocess.Popen(
                [programs / "postgres", "-D", folder / "data", "-k", folder, "-h", "127.0.0.1", "-p", str(port)],
                stdout=output,
                stderr=output,
                user="postgres",
                cwd=folder,
                start_new_session=True,
            )
        local = f"postgresql:///postgres?{urlencode({'host': folder, 'port': port, 'user': 'postgres'})}"
        try:
            _await(server, url=local, log=folder / "log")
            _make_owner(local, password)
            yield f"postgresql://{NAME}:{password}@127.0.0.1:{port}/{NAME}"
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait(timeout=START_SECONDS)


def _make_owner(url: str, password: str) -> None:
    owner = sql.Identifier(NAME)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(owner, sql.Literal(password)))
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(owner, owner))
