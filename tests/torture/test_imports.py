"""Imports of an inventory in processes of their own: killed, two at once, and large."""

import random
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import pytest

from config.environment import BASE_DIR
from rotation.imports.apply import ANOTHER_RUNS
from tests.configuration.serving import prepared
from tests.torture.conftest import LONG, Promise, sized
from tests.torture.ledgers import query
from tests.torture.servers import wait_until

KILLS = sized(1, 20)
MOST_SECONDS, MOST_MB = 60, 200
RECORDS = "SELECT state, count(*) FROM rotation_credential WHERE source = 'csv:inventory' GROUP BY state"
IMPORTS = "SELECT count(*) FROM rotation_credentialimport"
# Linux counts the memory of the process that started another one in that one's largest, but not in this line.
COMMAND = """
import sys
from pathlib import Path
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "import_credentials", "csv", sys.argv[1], "--skip-checks"])
print(Path("/proc/self/status").read_text())
"""
HAS_LOCK = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"


@pytest.fixture
def environment(tmp_path: Path, demo_database: str) -> Iterator[dict[str, str]]:
    with prepared(tmp_path, demo_database) as environment:
        yield environment


@dataclass(frozen=True)
class Ended:
    code: int
    printed: str
    seconds: float
    megabytes: int


def write_file(path: Path, lines: int, *, state: str = "active", hour: int = 10) -> Path:
    with path.open("w") as file:
        file.write("account_id,item,kind,state,issued_on,source,observed_at\n")
        for number in range(lines):
            account, item = f"acct_{number // 2 + 1:05}", f"deploy-key-of-service-{number:06}"
            day = f"2026-05-{number % 28 + 1:02}"
            time = f"2026-06-20T{hour}:00:00+00:00"
            file.write(f"{account},{item},service_account_key,{state},{day},csv:inventory,{time}\n")
    return path


def start(path: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    environment = {"DJANGO_SETTINGS_MODULE": "config.settings", **environment}
    command = [sys.executable, "-c", COMMAND, str(path)]
    return subprocess.Popen(
        command, cwd=BASE_DIR, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def run(path: Path, environment: dict[str, str]) -> Ended:
    started, process = monotonic(), start(path, environment)
    printed, _ = process.communicate(timeout=300)
    largest = re.search(r"VmHWM:\s+(\d+) kB", printed)
    return Ended(process.returncode, printed, monotonic() - started, int(largest[1]) // 1024 if largest else 0)


def is_writing(url: str) -> bool:
    """Return whether an import holds the lock of imports or, on SQLite, anybody the write lock."""
    if not url.startswith("sqlite:///"):
        return bool(query(url, HAS_LOCK)[0][0])
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=0)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
    return False


def test_kill_9_amid_an_import_leaves_all_or_nothing(
    tmp_path: Path, environment: dict[str, str], promise: Promise
) -> None:
    url, lines = environment["DATABASE_URL"], sized(5_000, 50_000)
    left: list[int] = []
    for number in range(KILLS):
        path = write_file(tmp_path / "killed.csv", lines, hour=10 + number % 10)
        process = start(path, environment)
        assert wait_until(lambda: is_writing(url) or process.poll() is not None, seconds=60)  # noqa: B023 - called at once
        sleep(random.uniform(0, sized(0, 1)))  # noqa: S311 - no secret
        process.kill()
        process.communicate()
        assert wait_until(lambda: not is_writing(url), seconds=60)
        left.append(dict(query(url, RECORDS)).get("active", 0))
        assert (query(url, IMPORTS)[0][0] > 0) == (left[-1] > 0)

    ended = run(write_file(tmp_path / "last.csv", lines, state="disabled", hour=22), environment)

    assert set(left) <= {0, lines}
    assert (ended.code, dict(query(url, RECORDS))) == (0, {"disabled": lines}), ended.printed
    promise(2, f"imports, kill -9: {KILLS} kills amid {lines:,} lines; {left.count(0)} left nothing, the others all")


def test_two_imports_at_once_end_as_if_one_had_waited_or_are_refused_by_name(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    url, lines = environment["DATABASE_URL"], sized(1_000, 20_000)
    files = [
        write_file(tmp_path / f"{state}.csv", lines, state=state, hour=hour)
        for state, hour in (("active", 10), ("disabled", 11))
    ]

    started = [start(path, environment) for path in files]
    printed = [process.communicate(timeout=120)[0] for process in started]

    codes = [process.returncode for process in started]
    assert codes in ([0, 0], [0, 2], [2, 0]), printed
    assert all(ANOTHER_RUNS in text for text, code in zip(printed, codes, strict=True) if code)
    assert dict(query(url, RECORDS)) == {"disabled" if codes[1] == 0 else "active": lines}


@pytest.mark.skipif(not LONG, reason="make torture imports a large file")
@pytest.mark.parametrize("lines", [5_000, 100_000])
def test_large_file_is_imported_in_bounded_time_and_memory(
    tmp_path: Path, environment: dict[str, str], promise: Promise, lines: int
) -> None:
    first, later = write_file(tmp_path / "first.csv", lines), write_file(tmp_path / "later.csv", lines, hour=11)

    ran = {"added": run(first, environment), "again": run(first, environment), "later": run(later, environment)}

    assert [ended.code for ended in ran.values()] == [0, 0, 0]
    assert f"{lines:>9,} added" in ran["added"].printed
    assert "        0 changed" in ran["again"].printed
    for name, ended in ran.items():
        [transaction] = re.findall(r"took ([\d.]+) s", ended.printed)
        numbers = f"{ended.seconds:.1f} s (transaction {transaction} s), {ended.megabytes} MB"
        promise(6, f"imports, {lines:,} lines, {name}: {numbers}")
        assert (ended.seconds < MOST_SECONDS, ended.megabytes < MOST_MB) == (True, True), numbers
