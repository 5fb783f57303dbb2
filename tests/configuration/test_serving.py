"""Logs and metrics of the real web server: the sum of two workers, and no line that quotes a customer."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.configuration.serving import Server, prepared, serving
from tests.conftest import report

pytestmark = pytest.mark.any_database

CANARY = "canary-7d1e"
# The server reads what follows the two bytes of the body as the next request.
SHORT_CONTENT_LENGTH = b"""POST /rotation/decide HTTP/1.1\r
Host: 127.0.0.1\r
Content-Type: application/json\r
Content-Length: 2\r
\r
{}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def environment(folder: Path, demo_database: str) -> Iterator[dict[str, str]]:
    with prepared(folder, demo_database) as environment:
        yield environment


@pytest.fixture
def server(folder: Path, environment: dict[str, str]) -> Iterator[Server]:
    with serving(folder, environment) as server:
        yield server


def workers_that_counted(folder: Path) -> set[int]:
    return {int(path.stem.rpartition("_")[2]) for path in (folder / "temporary").glob("metrics-*/counter_*.db")}


def decide_until_both_workers_counted(server: Server, folder: Path) -> int:
    """Request decisions in parallel until each worker has made some; return how many were made."""
    made, latest = 0, monotonic() + 30
    with ThreadPoolExecutor(8) as threads:
        while len(workers_that_counted(folder)) < 2 and monotonic() < latest:
            answers = list(threads.map(lambda _: server.ask("/rotation/decide", report()), range(8)))
            assert [status for status, _ in answers] == [200] * 8
            made += len(answers)
    return made


def test_a_scrape_sums_up_the_counts_of_both_workers(server: Server, folder: Path) -> None:
    made = decide_until_both_workers_counted(server, folder)

    scraped = server.figures()

    assert len(workers_that_counted(folder)) == 2
    assert scraped["decisions_total"] == scraped["decision_own_seconds_count"] == made
    assert scraped["decisions_in_flight"] == 0


def test_the_counts_of_a_killed_worker_stay_and_nothing_is_in_flight(server: Server, folder: Path) -> None:
    made = decide_until_both_workers_counted(server, folder)
    killed = min(workers_that_counted(folder))
    live = f"gauge_livesum_{killed}.db"
    assert list((folder / "temporary").glob(f"metrics-*/{live}"))

    os.kill(killed, signal.SIGKILL)
    latest = monotonic() + 10
    while list((folder / "temporary").glob(f"metrics-*/{live}")) and monotonic() < latest:
        sleep(0.1)

    assert list((folder / "temporary").glob(f"metrics-*/{live}")) == []
    assert server.figures()["decisions_total"] == made


def test_a_restart_counts_from_zero_and_leaves_no_files(folder: Path, environment: dict[str, str]) -> None:
    with serving(folder, environment) as server:
        server.ask("/rotation/decide", report())
        [private] = (folder / "temporary").glob("metrics-*")
        mode = private.stat().st_mode & 0o777
    between = list((folder / "temporary").glob("metrics-*"))
    with serving(folder, environment) as server:
        scraped = server.figures()

    assert (mode, between) == (0o700, [])
    assert "decisions_total" not in scraped


def test_every_line_is_an_object_and_a_request_is_logged_once(server: Server) -> None:
    _, answer = server.ask("/rotation/decide", report())
    server.ask("/healthz")

    requests = [line for line in server.lines() if "route" in line]

    assert [(line["route"], line["status"], line["trace_id"] in answer) for line in requests] == [
        ("/rotation/decide", 200, True)
    ]
    assert {line["logger"] for line in server.lines()} >= {"gunicorn.error", "config.access_log"}


def test_no_line_quotes_a_client(server: Server) -> None:
    server.ask("/rotation/decide", report(text=f"{CANARY} of a stale service-account key"))
    server.ask(f"/rotation/{CANARY}?{CANARY}", Authorization=CANARY, Referer=CANARY)
    server.ask("/", Host=CANARY)
    server.send(SHORT_CONTENT_LENGTH + CANARY.encode() + b"\r\n\r\n")
    server.send(CANARY.encode() + b"\r\n\r\n")

    events = [line["event"] for line in server.lines()]

    assert events.count("Invalid request") == 2
    assert CANARY not in server.printed.read_text()


def test_gunicorns_own_access_log_stays_empty_even_if_it_is_switched_on(
    folder: Path, environment: dict[str, str]
) -> None:
    switched_on = environment | {"GUNICORN_CMD_ARGS": "--access-logfile -"}
    with serving(folder, switched_on) as server:
        server.ask(f"/rotation/{CANARY}?{CANARY}", Referer=CANARY)

    assert [line["status"] for line in server.lines() if "route" in line] == [404]
    assert CANARY not in server.printed.read_text()
