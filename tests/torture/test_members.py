"""The people of a large company, imported by a process of its own."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from config.environment import BASE_DIR
from tests.configuration.serving import prepared
from tests.torture.conftest import LONG, Promise
from tests.torture.ledgers import query

USERS, EACH, MOST_SECONDS = 5_000, 4, 60


@pytest.fixture
def environment(tmp_path: Path, demo_database: str) -> Iterator[dict[str, str]]:
    with prepared(tmp_path, demo_database) as environment:
        yield environment


def write_file(path: Path, *, moved: int = 0) -> Path:
    """Write users of whom every tenth has a role, and each has four accounts, `moved` so many ids further."""
    with path.open("w") as file:
        file.write("username,email,first_name,last_name,roles,accounts\n")
        for number in range(USERS):
            accounts = " ".join(f"acct_{number * EACH + moved + index:05}" for index in range(EACH))
            role = "operator" if number % 10 == 0 else ""
            file.write(f"user{number},user{number}@example.test,First,Last,{role},{accounts}\n")
    return path


def run(path: Path, environment: dict[str, str]) -> tuple[dict[str, int], float]:
    """Return the counts that were printed and the seconds that it took."""
    started = monotonic()
    command = [sys.executable, "manage.py", "import_members", str(path)]
    ended = subprocess.run(command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=True)
    found = re.findall(r"^ *([\d,]+) ([a-z ]+)$", ended.stdout, re.MULTILINE)
    return {name: int(count.replace(",", "")) for count, name in found}, monotonic() - started


@pytest.mark.skipif(not LONG, reason="make torture imports the people of a large company")
def test_five_thousand_users_are_imported_in_bounded_time(
    tmp_path: Path, environment: dict[str, str], promise: Promise
) -> None:
    url, file = environment["DATABASE_URL"], write_file(tmp_path / "members.csv")

    first, seconds = run(file, environment)
    lines = query(url, "SELECT count(*) FROM access_auditline")
    again, seconds_again = run(file, environment)
    moved, seconds_moved = run(write_file(tmp_path / "moved.csv", moved=EACH), environment)

    assert (first["added"], first["accounts given"], first["roles given"]) == (USERS, USERS * EACH, USERS // 10)
    assert (again.pop("unchanged"), {*again.values()}) == (USERS, {0})
    assert (moved["changed"], moved["accounts taken"]) == (USERS, USERS * EACH)
    assert lines == [(USERS + USERS * EACH + 2 * (USERS // 10),)]
    assert max(seconds, seconds_again, seconds_moved) < MOST_SECONDS
    promise(
        2,
        f"members, {USERS:,} users with {USERS * EACH:,} accounts: new {seconds:.1f} s, the same again"
        f" {again['changed']} changed in {seconds_again:.1f} s, other accounts {seconds_moved:.1f} s",
    )
