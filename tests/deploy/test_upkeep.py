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
FIRST_ROUND = [
    *("close_interrupted", "prune_tickets", "prune_review_notes"),
    *("prune_traces", "prune_audit", "clearsessions"),
]


@pytest.fixture
def upkeep(tmp_path: Path) -> Iterator[Upkeep]:
    """Start the script with a `python` that records its command and then runs this."""
    started: list[subprocess.Popen[bytes]] = []

    def start(script: str) -> subprocess.Popen[bytes]:
        _program(tmp_path / "python", f'echo "$2" >>{tmp_path}/ran\n{script}')
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


def wait_for_commands(folder: Path, *, at_least: int) -> list[str]:
    """Wait until this many commands have run, and return all of them."""
    latest = monotonic() + 10
    while monotonic() < latest:
        commands = (folder / "ran").read_text().split() if (folder / "ran").exists() else []
        if len(commands) >= at_least:
            return commands
        sleep(0.01)
    raise AssertionError((folder / "printed").read_text())


def stop(process: subprocess.Popen[bytes]) -> tuple[int, bool]:
    """Stop it as an engine stops a container. Return its exit code, and whether that took under a second."""
    started = monotonic()
    process.send_signal(signal.SIGTERM)
    return process.wait(timeout=10), monotonic() - started < 1


def test_rows_are_closed_every_minute_and_pruned_once_a_day(upkeep: Upkeep, tmp_path: Path) -> None:
    upkeep("exit 0")

    commands = wait_for_commands(tmp_path, at_least=8)

    assert commands[:6] == FIRST_ROUND
    assert set(commands[6:]) == {"close_interrupted"}


def test_failed_command_is_logged_and_retried(upkeep: Upkeep, tmp_path: Path) -> None:
    upkeep('[ "$2" != prune_traces ] || exit 3')

    commands = wait_for_commands(tmp_path, at_least=12)

    assert commands[:12] == FIRST_ROUND * 2
    assert "upkeep: prune_traces failed with exit code 3" in (tmp_path / "printed").read_text()


def test_upkeep_outlives_a_database_outage(upkeep: Upkeep, tmp_path: Path) -> None:
    process = upkeep("exit 1")

    wait_for_commands(tmp_path, at_least=7)

    assert process.poll() is None


def test_stop_ends_upkeep_and_its_running_command_at_once(upkeep: Upkeep, tmp_path: Path) -> None:
    record = f"echo ended >>{tmp_path}/ran"
    process = upkeep(f"/bin/sleep 30 &\ntrap 'kill $!; {record}; exit 1' TERM\necho works >>{tmp_path}/ran\nwait")
    wait_for_commands(tmp_path, at_least=2)

    assert stop(process) == (0, True)
    assert wait_for_commands(tmp_path, at_least=3) == ["close_interrupted", "works", "ended"]


def test_stop_ends_a_waiting_upkeep_at_once(upkeep: Upkeep, tmp_path: Path) -> None:
    process = upkeep("exit 0")
    _program(tmp_path / "sleep", "exec /bin/sleep 30")
    wait_for_commands(tmp_path, at_least=3)
    sleep(0.1)

    assert stop(process) == (0, True)
