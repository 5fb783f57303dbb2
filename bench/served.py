"""Any server as a process of its own on loopback, with a durable database made for it."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from urllib.request import urlopen

import psycopg

from bench.load import ROOT
from bench.processes import Process, cpu_seconds, workers
from tests.ports import free_port
from tests.postgresql import Cluster, cluster, find_programs

START_SECONDS = 60
STOP_SECONDS = 60


@dataclass(frozen=True)
class Server:
    port: int
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def cpu_seconds(self) -> float:
        """Of the server and all its children so far, to a hundredth of a second."""
        return cpu_seconds(self.process.pid)

    @property
    def workers(self) -> list[Process]:
        return workers(self.process.pid)

    def get(self, path: str) -> bytes:
        with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as response:
            content: bytes = response.read()
        return content


@contextmanager
def serving(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    log: Path,
    core: int | None = None,
    folder: Path = ROOT,
) -> Iterator[Server]:
    """
    Run a server in a folder until the block ends, on one core if it is named. What it prints goes into `log`.

    `{port}` in an argument becomes its port; it is ready when it answers `/healthz`.
    """
    port = free_port()
    pinned = [] if core is None else ["taskset", "--cpu-list", str(core)]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*pinned, *(argument.format(port=port) for argument in command)],
            cwd=folder,
            env={**environment, "PATH": os.environ["PATH"]},
            stdout=output,
            stderr=output,
        )
    server = Server(port, process, log)
    try:
        _await(server)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


@dataclass(frozen=True)
class Databases:
    """One place for fresh databases, each as durable as production has it: a folder, or a PostgreSQL server."""

    folder: Path
    server: Cluster | None

    def make(self, name: str) -> str:
        """Make an empty database and give its address."""
        if self.server is None:
            return f"sqlite:///{self.folder / name}.sqlite3"
        with psycopg.connect(self.server.url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self.server.url.replace("/postgres?", f"/{name}?")

    @property
    def cpu_seconds(self) -> float:
        """What PostgreSQL has used, its backends and its writers; SQLite works inside the servers."""
        return cpu_seconds(self.server.running[0].pid) if self.server else 0


@contextmanager
def databases(kind: str) -> Iterator[Databases]:
    """Of `sqlite` or `postgresql`, for as long as the block; fsync is on, and a commit waits for the disk."""
    # By default SIGTERM ends Python at once and would leave servers behind; as Ctrl-C it ends the run in order.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        if kind == "sqlite":
            yield Databases(Path(folder), None)
        elif find_programs() is None:
            raise SystemExit("PostgreSQL: there is no initdb on PATH or in Debian's place (apt install postgresql).")
        else:
            with cluster() as server:
                yield Databases(Path(folder), server)


def two_cores() -> tuple[int, int] | tuple[None, None]:
    """Name a core for the server and one for the rest, where there are two."""
    cores = sorted(os.sched_getaffinity(0))
    return (cores[0], cores[1]) if len(cores) > 1 else (None, None)


@contextmanager
def staying_on(core: int | None) -> Iterator[None]:
    """Keep this process, and what it starts without a core of its own, on one core until the block ends."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, before if core is None else {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _await(server: Server) -> None:
    latest = monotonic() + START_SECONDS
    while monotonic() < latest and server.process.poll() is None:
        with suppress(OSError):
            server.get("/healthz")
            return
        sleep(0.05)
    raise SystemExit(f"the server did not start:\n{server.log.read_text()[-2000:]}")
