"""The database stops under load and comes back: requests are refused meanwhile, and no restart is needed."""

import os
import resource
from collections import Counter
from math import inf
from pathlib import Path
from time import sleep

import pytest

from tests.configuration.conftest import manage_all
from tests.configuration.serving import Server
from tests.conftest import report
from tests.postgresql import cluster, find_programs
from tests.torture.conftest import LONG, Promise, sized
from tests.torture.ledgers import close_interrupted, count_ended_twice, count_missing, count_running, keep_history
from tests.torture.servers import Load, eight_clients, serve_in_own_session, wait_until, worker_pids
from tests.torture.timed_clients import (
    RECOVERED_SECONDS,
    UNTIL_BACK_SECONDS,
    Answer,
    counted,
    longest,
    probing,
    wait_for_recovery,
)

OUTAGES = sized(1, 5)
OUTAGE_SECONDS = sized(1, 3)
# The pauses between the pool's own attempts double: after a long outage the next one may be a minute away.
DATABASE_OUTAGES_SECONDS = (2, 20, 150) if LONG else (1,)
on_sqlite = pytest.mark.skipif("TEST_DATABASE_URL" in os.environ, reason="a file that cannot grow is SQLite's")


def wait_for_refusal(load: Load) -> bool:
    """Wait for the next refusal. Requests that wait for a connection may outlast a short outage."""
    before = len(load.refusals)
    return wait_until(lambda: len(load.refusals) > before, seconds=UNTIL_BACK_SECONDS)


def check_load(load: Load, environment: dict[str, str], alive: list[Answer]) -> str:
    """Expect decisions and 503s only, and that every row has ended. Return the numbers."""
    url = environment["DATABASE_URL"]
    sleep(2.1)
    close_interrupted(environment)
    figures = {
        "missing": count_missing(url, load.acknowledged),
        "two endings": count_ended_twice(url),
        "running": count_running(url),
    }
    assert set(load.statuses) <= {200, 503}
    assert {refusal["type"] for refusal in load.refusals} <= {"urn:problem-type:ledger-unavailable"}
    assert {answer.status for answer in alive} == {200}
    assert figures == {"missing": 0, "two endings": 0, "running": 0}
    counts = ", ".join(f"{name} {count}" for name, count in figures.items())
    return (
        f"{len(load.acknowledged)} acknowledged, {load.statuses.count(503)} honest 503s, {counts}, "
        f"liveness {counted(alive)}, worst {longest(alive):.2f} s"
    )


def limit_file_size(server: Server, *, max_bytes: int) -> None:
    """Limit the size of the files that the workers write."""
    for worker in worker_pids(server):
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (max_bytes, resource.RLIM_INFINITY))


# It stops a PostgreSQL of its own, so it runs beside the suites of both databases.
@pytest.mark.any_database
@pytest.mark.skipif(find_programs() is None, reason="there is no PostgreSQL to stop")
def test_stopped_database_under_load_needs_no_restart(
    tmp_path: Path, environment: dict[str, str], promise: Promise
) -> None:
    load, recoveries = Load(), []
    with cluster() as postgres:
        environment |= {"DATABASE_URL": postgres.url}
        assert manage_all("migrate --skip-checks", "load_demo_records", environment=environment).returncode == 0
        keep_history(postgres.url)
        with (
            serve_in_own_session(tmp_path, environment) as server,
            probing(server, "/healthz") as alive,
            eight_clients(server, load),
        ):
            for seconds in DATABASE_OUTAGES_SECONDS:
                assert wait_for_recovery(load) < inf
                postgres.stop()
                # In a short outage the clients may all wait for their answers to be written down.
                assert not LONG or wait_for_refusal(load)
                sleep(seconds)
                postgres.start()
                recoveries.append(wait_for_recovery(load))
        promise(
            2,
            f"database stopped for {DATABASE_OUTAGES_SECONDS} s under load: {check_load(load, environment, alive)}, "
            f"back after {recoveries} s",
        )
        assert max(recoveries) < RECOVERED_SECONDS, recoveries


@on_sqlite
def test_full_disk_under_load_needs_no_restart(tmp_path: Path, environment: dict[str, str], promise: Promise) -> None:
    load, recoveries = Load(), []
    keep_history(environment["DATABASE_URL"])
    with (
        serve_in_own_session(tmp_path, environment) as server,
        probing(server, "/healthz") as alive,
        eight_clients(server, load),
    ):
        for _ in range(OUTAGES):
            recoveries.append(wait_for_recovery(load))
            limit_file_size(server, max_bytes=4096)
            assert wait_until(lambda: 503 in load.statuses, seconds=UNTIL_BACK_SECONDS), Counter(load.statuses)
            sleep(OUTAGE_SECONDS)
            limit_file_size(server, max_bytes=resource.RLIM_INFINITY)
        recoveries.append(wait_for_recovery(load))
    assert inf not in recoveries
    promise(
        2,
        f"disk full {OUTAGES} times under load: {check_load(load, environment, alive)}, back after {recoveries[1:]} s",
    )


@on_sqlite
@pytest.mark.skipif(not LONG, reason="make torture")
def test_server_started_on_a_full_disk_refuses_requests(tmp_path: Path, environment: dict[str, str]) -> None:
    with serve_in_own_session(tmp_path, environment) as server:
        limit_file_size(server, max_bytes=4096)
        answers = Counter(server.ask("/rotation/decide", report())[0] for _ in range(16))

    assert answers == {503: 16}
