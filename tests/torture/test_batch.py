"""Kill `decide_many` with SIGKILL twice, and let the same command go on each time."""

import csv
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from time import monotonic

from config.environment import BASE_DIR
from tests.boundary.fault_server import FaultServer
from tests.torture.conftest import Promise, sized
from tests.torture.ledgers import query
from tests.torture.servers import wait_until

LINES = sized(60, 10_000)
JOBS = 8
ROWS = "SELECT submission_key, status, error_code FROM traces_tracerecord"


def start(folder: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            *(sys.executable, "manage.py", "decide_many", str(folder / "reports.csv")),
            *("--out", str(folder / "result.csv"), f"--jobs={JOBS}", "--skip-checks"),
        ],
        cwd=BASE_DIR,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_killed_batch_goes_on_and_asks_once_a_line(
    tmp_path: Path, environment: dict[str, str], model: FaultServer, promise: Promise
) -> None:
    with (tmp_path / "reports.csv").open("w", encoding="utf-8", newline="") as file:
        lines = [("acct_10234", f"Service-account key is stale, case no. {number}.") for number in range(LINES)]
        csv.writer(file).writerows([("account_id", "credential_report"), *lines])
    started = monotonic()
    for third in (1, 2):
        with start(tmp_path, environment) as process:
            assert wait_until(lambda: len(model.requests) > third * LINES // 3, seconds=sized(30, 600))  # noqa: B023 - called at once
            process.kill()
    with start(tmp_path, environment) as process:
        code = process.wait(timeout=sized(60, 1_200))

    rows = query(environment["DATABASE_URL"], ROWS)
    calls = Counter(number for request in model.requests for number in re.findall(rb"case no\. (\d+)", request.body))
    ended = Counter(error_code or status for _, status, error_code in rows)
    with (tmp_path / "result.csv").open(encoding="utf-8", newline="") as file:
        listed = Counter(result["error_code"] or result["status"] for result in csv.DictReader(file))
    promise(
        5,
        f"decide_many of {LINES:,} lines, {JOBS} at a time, killed twice: {len(rows):,} rows ({dict(ended)}), "
        f"{calls.total():,} calls, at most {max(calls.values())} a line, {monotonic() - started:.0f} s",
    )
    assert (len(rows), len({key for key, *_ in rows})) == (LINES, LINES)
    assert ended.keys() <= {"completed", "interrupted", "provider_timeout"}
    assert set(calls.values()) == {1}
    # A row that was killed before its call has none.
    assert LINES - ended["interrupted"] <= calls.total() <= LINES
    assert (listed, code) == (ended, int(ended["completed"] < LINES))
