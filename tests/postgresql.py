"""A private, temporary PostgreSQL behind a socket in a folder of its own."""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from urllib.parse import urlencode

import psycopg
import pytest

START_SECONDS = 30
# PostgreSQL refuses to run as root.
USER = "postgres" if os.geteuid() == 0 else None


@dataclass
class Cluster:
    """A server that is as durable as in production, unless an option changes it: commits survive a crash."""

    programs: Path
    folder: Path
    options: tuple[str, ...]
    port: int
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def url(self) -> str:
        address = {"host": self.folder, "port": self.port, "user": "postgres"}
        return f"postgresql:///postgres?{urlencode(address)}"

    def start(self) -> None:
        log = self.folder / "log"
        with log.open("ab") as output:
            server = subprocess.Popen(
                [self.programs / "postgres", "-D", self.data, "-k", self.folder, f"--port={self.port}", *self.options],
                stdout=output,
                stderr=output,
                user=USER,
                cwd=self.folder,
                # Ctrl-C stops only the tests, because their teardown needs the server.
                start_new_session=True,
            )
        self.running.append(server)
        _await(server, url=self.url, log=log)

    def stop(self) -> None:
        """Close every connection at once, as a crash does."""
        while self.running:
            server = self.running.pop()
            server.send_signal(signal.SIGQUIT)
            server.wait(timeout=START_SECONDS)


def find_programs() -> Path | None:
    """Find the folder with `initdb` and `postgres`: on PATH, or else the newest in Debian's folder."""
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve().parent] if on_path else []
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    found += sorted(debian, key=lambda folder: float(folder.parent.name), reverse=True)
    return next((folder for folder in found if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


@contextmanager
def cluster(*options: str, port: int = 5432) -> Iterator[Cluster]:
    """Make and start a server. The port names its socket; it is open only with an option to listen."""
    programs = find_programs()
    if programs is None:
        pytest.skip("no initdb here: there is no PostgreSQL to start")
    # By default SIGTERM ends Python at once and leaves the server behind. As Ctrl-C it runs the clean-up.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # The path of a socket must be short.
    with TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        if USER:
            os.chown(folder, pwd.getpwnam(USER).pw_uid, pwd.getpwnam(USER).pw_gid)
        server = Cluster(programs, Path(folder), ("--listen-addresses=", *options), port)
        _initialize(server)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _initialize(server: Cluster) -> None:
    subprocess.run(
        [
            *(server.programs / "initdb", "-D", server.data, "--username=postgres", "--no-sync"),
            *("--auth-local=trust", "--auth-host=reject", "--encoding=UTF8", "--locale=C"),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        user=USER,
        cwd=server.folder,
    )


def _await(server: subprocess.Popen[bytes], *, url: str, log: Path) -> None:
    deadline = monotonic() + START_SECONDS
    while server.poll() is None and monotonic() < deadline:
        with suppress(psycopg.OperationalError):
            psycopg.connect(url).close()
            return
        sleep(0.05)
    raise pytest.UsageError(f"the private PostgreSQL did not start:\n{log.read_text()}")
