"""deploy/upkeep.sh, run by a real shell whose `python` and `sleep` are stand-ins."""

import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from config.environment import BASE_DIR

pytestmark = pytest.mark.any_database

Upkeep = Callable[[str], subprocess.Popen[bytes]]
FIRST_ROUND = ["close_interrupted", "prune_traces", "clearsessions"]


@pytest.fixture
def upkeep(tmp_path: Path) -> Iterator[Upkeep]:
    """Start it with a `python` that notes which command it was given and then does this."""
    started: list[subprocess.Popen[bytes]] = []

    def start(then: str) -> subprocess.Popen[bytes]:
        _program(tmp_path / "python", f'echo "$2" >>{tmp_path}/ran\n{then}')
        _program(tmp_path / "sleep", "exec /bin/sleep 0.02")
        command, environment = ["/bin/sh", str(BASE_DIR / "deploy/upkeep.sh")], {"PATH": f"{tmp_path}:/usr/bin:/bin"}
        with (tmp_path / "printed").open("wb") as printed:
            started.append(subprocess.Popen(command, env=environment, stdout=printed, stderr=printed))
        return started[0]

    yield start
    for process in started:
        process.kill()
        process.wait()


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def ran(folder: Path, *, at_least: int) -> list[str]:
    """Wait until this many commands were run, and return all that were."""
    latest = monotonic() + 10
    while monotonic() < latest:
        commands = (folder / "ran").read_text().split() if (folder / "ran").exists() else []
        if len(commands) >= at_least:
            return commands
        sleep(0.01)
    raise AssertionError((folder / "printed").read_text())


def stop(process: subprocess.Popen[bytes]) -> tuple[int, bool]:
    """End it as a container is ended; return its exit code, and whether that took less than a second."""
    started = monotonic()
    process.send_signal(signal.SIGTERM)
    return process.wait(timeout=10), monotonic() - started < 1


def test_rows_are_closed_at_every_turn_and_old_ones_go_once_a_day(upkeep: Upkeep, tmp_path: Path) -> None:
    upkeep("exit 0")

    commands = ran(tmp_path, at_least=6)

    assert commands[:3] == FIRST_ROUND
    assert set(commands[3:]) == {"close_interrupted"}


def test_a_command_that_fails_is_told_and_tried_again_and_stops_nothing(upkeep: Upkeep, tmp_path: Path) -> None:
    upkeep('[ "$2" != prune_traces ] || exit 3')

    commands = ran(tmp_path, at_least=4)

    assert commands[:4] == ["close_interrupted", "prune_traces"] * 2
    assert "upkeep: prune_traces failed with exit code 3" in (tmp_path / "printed").read_text()


def test_a_database_that_is_down_ends_nothing(upkeep: Upkeep, tmp_path: Path) -> None:
    process = upkeep("exit 1")

    ran(tmp_path, at_least=6)

    assert process.poll() is None


def test_it_ends_at_once_while_a_command_runs_and_takes_it_along(upkeep: Upkeep, tmp_path: Path) -> None:
    told = f"echo ended >>{tmp_path}/ran"
    process = upkeep(f"/bin/sleep 30 &\ntrap 'kill $!; {told}; exit 1' TERM\necho works >>{tmp_path}/ran\nwait")
    ran(tmp_path, at_least=2)

    assert stop(process) == (0, True)
    assert ran(tmp_path, at_least=3) == ["close_interrupted", "works", "ended"]


def test_it_ends_at_once_while_it_waits_for_the_next_minute(upkeep: Upkeep, tmp_path: Path) -> None:
    process = upkeep("exit 0")
    _program(tmp_path / "sleep", "exec /bin/sleep 30")
    ran(tmp_path, at_least=3)
    sleep(0.1)

    assert stop(process) == (0, True)
