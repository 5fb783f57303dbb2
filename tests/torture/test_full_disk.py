"""A small disk is full, at the start or while serving: no worker ends, and no restart is needed."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from math import inf
from pathlib import Path
from time import monotonic

import pytest

from config.environment import BASE_DIR
from tests.conftest import report
from tests.torture.conftest import LONG, Promise, sized
from tests.torture.ledgers import keep_history
from tests.torture.servers import Load, eight_clients, serve_in_own_session, wait_until, worker_pids
from tests.torture.test_outages import check_load, on_sqlite, wait_for_refusal
from tests.torture.timed_clients import probing, wait_for_recovery

DECISIONS = sized(40, 400)
OUTAGES = sized(1, 5)


@dataclass
class SmallDisk:
    """A file system of 16 MB and 100 files that is mounted at a folder, but only for `within`."""

    folder: Path
    pid: int

    @property
    def within(self) -> tuple[str, ...]:
        """Return the start of a command that sees the disk."""
        spaces = ("--target", str(self.pid), "--user", "--preserve-credentials", "--mount")
        return ("nsenter", *spaces, "sh", "-c", 'cd "$0" && exec "$@"', str(BASE_DIR))

    @property
    def seen_from_here(self) -> Path:
        return Path(f"/proc/{self.pid}/root{self.folder}")

    def fill(self, *, files: bool = True) -> None:
        """Leave not one block, nor room for the name of one file."""
        with suppress(OSError), (self.seen_from_here / "ballast").open("wb", buffering=0) as ballast:
            while True:
                ballast.write(bytes(1 << 16))
        with suppress(OSError):
            for number in count() if files else ():
                (self.seen_from_here / f"ballast-{number}").touch()
        left = os.statvfs(self.seen_from_here)
        assert (left.f_bavail, left.f_favail == 0) == (0, files)

    def free(self) -> None:
        for ballast in self.seen_from_here.glob("ballast*"):
            ballast.unlink()


@contextmanager
def small_disk(folder: Path, *, shared_memory: str = "rw") -> Iterator[SmallDisk]:
    folder.mkdir(exist_ok=True)
    # As in the image, nothing else below / can be written, except the other files of the test, if the system allows it.
    mounts = (
        f"mount -t tmpfs -o {shared_memory} tmpfs /dev/shm && mount --bind '{folder.parent}' '{folder.parent}'"
        f" && {{ mount -o remount,bind,ro / || :; }}"
        f" && mount -t tmpfs -o size=16m,nr_inodes=100 tmpfs '{folder}' && echo mounted && exec cat"
    )
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mounts]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as holder:
        assert holder.stdout is not None
        if holder.stdout.readline() != b"mounted\n":
            pytest.skip("this system allows no namespaces, so no small disk")
        yield SmallDisk(folder, holder.pid)


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("filled", "shared_memory"),
    [
        ("while serving", "rw"),
        *([("at the start", "rw"), ("at the start", "ro"), ("while serving", "ro")] if LONG else []),
    ],
)
def test_full_tmpdir_costs_no_decision_and_no_worker(
    filled: str, shared_memory: str, tmp_path: Path, environment: dict[str, str], promise: Promise
) -> None:
    """Not even if workers must be replaced meanwhile. If /dev/shm is read-only, TMPDIR must have room for names."""
    load, waited = Load(), []
    with small_disk(Path(environment["TMPDIR"]), shared_memory=shared_memory) as disk:
        if filled == "at the start":
            disk.fill(files=shared_memory == "rw")
        with serve_in_own_session(tmp_path, environment, within=disk.within) as server:
            if filled == "while serving":
                disk.fill(files=shared_memory == "rw")
            before = worker_pids(server)
            with eight_clients(server, load):
                while len(load.statuses) < DECISIONS:
                    started = monotonic()
                    assert server.ask("/healthz")[0] == 200
                    waited.append(monotonic() - started)
            assert (set(load.statuses), load.unanswered, worker_pids(server)) == ({200}, [], before)

            for pid in before:
                os.kill(pid, signal.SIGKILL)
            assert wait_until(lambda: set(worker_pids(server)).isdisjoint(before), seconds=20)
            after = [server.ask("/rotation/decide", report())[0] for _ in range(8)]
            scraped = {server.figures()["decisions_total"] for _ in range(8)}

    assert (after, scraped) == ([200] * 8, {len(load.statuses) + 8})
    assert sorted(waited)[len(waited) // 2] < 1
    promise(
        2,
        f"TMPDIR full {filled} (/dev/shm {shared_memory}): {len(load.acknowledged)} of {len(load.statuses)} "
        f"decisions, workers lost: 0, liveness in {max(waited):.2f} s at most",
    )


@on_sqlite
@pytest.mark.skipif(not LONG, reason="make torture")
@pytest.mark.parametrize("filled", ["at the start", "while serving"])
def test_full_disk_of_the_database_costs_no_worker(
    filled: str, tmp_path: Path, environment: dict[str, str], promise: Promise
) -> None:
    load, recoveries = Load(), list[float]()
    keep_history(environment["DATABASE_URL"])
    with small_disk(tmp_path / "disk") as disk:
        shutil.copy(tmp_path / "served.sqlite3", disk.seen_from_here)
        if filled == "at the start":
            disk.fill()
        at_disk = environment | {"DATABASE_URL": f"sqlite:///{disk.folder}/served.sqlite3"}
        with (
            serve_in_own_session(tmp_path, at_disk, within=disk.within) as server,
            probing(server, "/healthz") as alive,
            eight_clients(server, load),
        ):
            before = worker_pids(server)
            if filled == "at the start":
                assert wait_until(lambda: len(load.statuses) > DECISIONS, seconds=20)
                assert set(load.statuses) == {503}
                disk.free()
            for _ in range(OUTAGES):
                recoveries.append(wait_for_recovery(load))
                disk.fill()
                assert all(wait_for_refusal(load) for _ in range(50))
                disk.free()
            recoveries.append(wait_for_recovery(load))
            assert worker_pids(server) == before
        (tmp_path / "after").mkdir()
        for file in ("served.sqlite3", "served.sqlite3-wal"):
            shutil.copy(disk.seen_from_here / file, tmp_path / "after")

    environment |= {"DATABASE_URL": f"sqlite:///{tmp_path}/after/served.sqlite3"}
    figures = check_load(load, environment, alive)
    assert max(recoveries) < inf
    promise(2, f"database's disk full {filled}: {figures}, back after {recoveries} s")
