"""The database goes away under load and comes back: honest refusals, and no restart."""

import os
import resource
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep

import pytest

from tests.configuration.conftest import manage
from tests.configuration.serving import Server
from tests.conftest import report
from tests.postgresql import cluster
from tests.torture.conftest import LONG, Promise, sized
from tests.torture.ledgers import close_interrupted, ended_twice, keep_history, missing, running
from tests.torture.servers import Load, eight_clients, serving_apart, wait_until, workers

OUTAGES = sized(1, 5)
OUTAGE_SECONDS = sized(1, 3)
UNTIL_BACK_SECONDS = 20
on_postgresql = pytest.mark.skipif("TEST_DATABASE_URL" not in os.environ, reason="a server to stop is PostgreSQL's")
on_sqlite = pytest.mark.skipif("TEST_DATABASE_URL" in os.environ, reason="a file that cannot grow is SQLite's")


@contextmanager
def probing(server: Server, path: str) -> Iterator[Counter[int]]:
    """Ask a probe all the time; count its answers."""
    answers, stopping = Counter[int](), Event()

    def probe() -> None:
        while not stopping.wait(0.05):
            answers[server.ask(path)[0]] += 1

    asking_again = Thread(target=probe)
    asking_again.start()
    try:
        yield answers
    finally:
        stopping.set()
        asking_again.join()


def came_back(load: Load) -> float | None:
    """Wait for the next decision; tell how long that took."""
    told, started = len(load.acknowledged), monotonic()
    back = wait_until(lambda: len(load.acknowledged) > told + 8, seconds=UNTIL_BACK_SECONDS)
    return round(monotonic() - started, 1) if back else None


def refuses_again(load: Load) -> bool:
    """Wait for the next refusal: requests that wait for a connection may outlast a short outage."""
    told = len(load.refusals)
    return wait_until(lambda: len(load.refusals) > told, seconds=UNTIL_BACK_SECONDS)


def judge(load: Load, environment: dict[str, str], alive: Counter[int]) -> str:
    """Expect nothing but decisions and honest 503s, and every row ended; say it in numbers."""
    url = environment["DATABASE_URL"]
    sleep(2.1)
    close_interrupted(environment)
    figures = {"missing": missing(url, load.acknowledged), "two endings": ended_twice(url), "running": running(url)}
    assert set(load.statuses) == {200, 503}
    assert {refusal["type"] for refusal in load.refusals} == {"urn:problem-type:ledger-unavailable"}
    assert set(alive) == {200}
    assert figures == {"missing": 0, "two endings": 0, "running": 0}
    told = ", ".join(f"{name} {count}" for name, count in figures.items())
    return (
        f"{len(load.acknowledged)} acknowledged, {load.statuses.count(503)} honest 503s, {told}, "
        f"liveness {alive[200]} of {alive.total()}"
    )


def fill_disk(server: Server, *, at: int) -> None:
    """Let no file that the workers write grow beyond this size."""
    for worker in workers(server):
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (at, resource.RLIM_INFINITY))


@on_postgresql
def test_a_database_that_is_stopped_and_started_under_load_needs_no_restart(
    tmp_path: Path, environment: dict[str, str], promise: Promise
) -> None:
    load, back = Load(), []
    with cluster() as postgres:
        environment |= {"DATABASE_URL": postgres.url}
        for command in ("migrate", "load_demo_records"):
            assert manage(command, "--skip-checks", environment=environment).returncode == 0
        keep_history(postgres.url)
        with (
            serving_apart(tmp_path, environment) as server,
            probing(server, "/healthz") as alive,
            eight_clients(server, load),
        ):
            for _ in range(OUTAGES):
                back.append(came_back(load))
                postgres.stop()
                assert refuses_again(load)
                sleep(OUTAGE_SECONDS)
                postgres.start()
            back.append(came_back(load))
        assert None not in back
        promise(
            2,
            f"database stopped {OUTAGES} times under load: {judge(load, environment, alive)}, back after {back[1:]} s",
        )


@on_sqlite
def test_a_full_disk_under_load_needs_no_restart(tmp_path: Path, environment: dict[str, str], promise: Promise) -> None:
    load, back = Load(), []
    keep_history(environment["DATABASE_URL"])
    with (
        serving_apart(tmp_path, environment) as server,
        probing(server, "/healthz") as alive,
        eight_clients(server, load),
    ):
        # See the last test: who has not counted before cannot begin to on a full disk.
        assert wait_until(lambda: len(list(tmp_path.glob("temporary/metrics-*/histogram_*"))) == 2, seconds=20)
        for _ in range(OUTAGES):
            back.append(came_back(load))
            fill_disk(server, at=4096)
            assert wait_until(lambda: 503 in load.statuses, seconds=UNTIL_BACK_SECONDS), Counter(load.statuses)
            sleep(OUTAGE_SECONDS)
            fill_disk(server, at=resource.RLIM_INFINITY)
        back.append(came_back(load))
    assert None not in back
    promise(2, f"disk full {OUTAGES} times under load: {judge(load, environment, alive)}, back after {back[1:]} s")


@on_sqlite
@pytest.mark.skipif(not LONG, reason="make torture")
def test_a_server_that_starts_on_a_full_disk_refuses_honestly(tmp_path: Path, environment: dict[str, str]) -> None:
    with serving_apart(tmp_path, environment) as server:
        fill_disk(server, at=4096)
        answers = Counter(server.ask("/rotation/decide", report())[0] for _ in range(16))

    assert answers == {503: 16}
