"""A server that is asked to stop, clients that vanish, and settings that would not leave it the time."""

import json
import runpy
import signal
import socket
import struct
from pathlib import Path
from time import sleep

import pytest

from config.environment import BASE_DIR, Environment
from tests.conftest import report
from tests.torture.conftest import LONG, Promise, sized
from tests.torture.ledgers import ended_twice, ids, keep_history, missing, rows, running
from tests.torture.servers import Load, eight_clients, serving_apart, wait_until

STOPS = sized(1, 10)
LOST = sized(40, 400)
SPARE_SECONDS = 5


def test_sigterm_under_load_loses_nothing(tmp_path: Path, environment: dict[str, str], promise: Promise) -> None:
    url, load = environment["DATABASE_URL"], Load()
    keep_history(url)
    for _ in range(STOPS):
        with serving_apart(tmp_path, environment) as server, eight_clients(server, load):
            sent = len(load.acknowledged)
            assert wait_until(lambda: len(load.acknowledged) > sent + 8, seconds=30)  # noqa: B023 - called at once
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(timeout=30) == 0

    figures = {
        "missing": missing(url, load.acknowledged),
        "unheard rows": len(rows(url)) - len(load.acknowledged),
        "two endings": ended_twice(url),
        "running": running(url),
    }
    told = ", ".join(f"{name} {count}" for name, count in figures.items())
    promise(2, f"SIGTERM: {STOPS} under 8 clients, {len(load.acknowledged)} acknowledged: {told}")
    assert set(load.statuses) == {200}
    assert set(figures.values()) == {0}


@pytest.mark.skipif(not LONG, reason="make torture")
def test_clients_that_vanish_leave_rows_that_end(tmp_path: Path, environment: dict[str, str], promise: Promise) -> None:
    url = environment["DATABASE_URL"]
    with serving_apart(tmp_path, environment) as server:
        for number in range(LOST):
            vanish(server.port, reset=number % 2 == 0)
        ended = wait_until(lambda: len(ids(url)) == LOST and not running(url), seconds=30)
        status, _ = server.ask("/rotation/decide", report())

    promise(2, f"lost clients: {LOST} vanished: {len(ids(url)) - 1} rows, running {running(url)}")
    assert ended
    assert status == 200


def vanish(port: int, *, reset: bool) -> None:
    """Send a whole request and go before its answer, with a word of farewell or without."""
    body = json.dumps(report()).encode()
    head = f"POST /rotation/decide HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
    kind = "Content-Type: application/json\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall((head + kind).encode() + body)
        sleep(0.03)
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_the_longest_deadline_leaves_the_server_time_to_stop() -> None:
    """A worker that is asked to stop is killed after `graceful_timeout`, and its rows would stay running."""
    server = runpy.run_path(str(BASE_DIR / "gunicorn.conf.py"))
    deadline = Environment.model_fields["decision_deadline_seconds"]

    assert deadline.default + SPARE_SECONDS <= server["graceful_timeout"] < server["timeout"]
