"""A PostgreSQL of its own that a test may stop and start again."""

import os
import pwd
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

import pytest

from tests.databases import START_SECONDS, _await, _find_programs, _make_cluster

# PostgreSQL refuses to run as root.
USER = "postgres" if os.geteuid() == 0 else None


@dataclass
class Cluster:
    """Durable as in production: what was committed outlives a stop without a word."""

    programs: Path
    folder: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"postgresql:///postgres?{urlencode({'host': self.folder, 'user': 'postgres'})}"

    def start(self) -> None:
        log = self.folder / "log"
        with log.open("ab") as output:
            server = subprocess.Popen(
                [self.programs / "postgres", "-D", self.folder / "data", "-k", self.folder, "--listen-addresses="],
                stdout=output,
                stderr=output,
                user=USER,
                cwd=self.folder,
                start_new_session=True,
            )
        self.running.append(server)
        _await(server, url=self.url, log=log)

    def stop(self) -> None:
        """Cut every connection at once, as a crash does."""
        while self.running:
            server = self.running.pop()
            server.send_signal(signal.SIGQUIT)
            server.wait(timeout=START_SECONDS)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Make and start one; its socket's folder has a short name, as such names must be."""
    programs = _find_programs()
    if programs is None:
        pytest.skip("no initdb here: a PostgreSQL of our own cannot be stopped and started")
    with TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as place:
        if USER:
            os.chown(place, pwd.getpwnam(USER).pw_uid, pwd.getpwnam(USER).pw_gid)
        made = Cluster(programs, Path(place))
        _make_cluster(programs, data=made.folder / "data", user=USER)
        made.start()
        try:
            yield made
        finally:
            made.stop()
