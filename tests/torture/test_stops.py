"""A server that must stop, clients that vanish, and the time that settings leave for a stop."""

import json
import runpy
import signal
import socket
import struct
from pathlib import Path
from time import sleep

import pytest

from config.environment import BASE_DIR
from tests.conftest import report
from tests.torture.conftest import LONG, Promise, sized
from tests.torture.ledgers import (
    count_ended_twice,
    count_missing,
    count_parted,
    count_running,
    keep_history,
    rows,
    trace_ids,
)
from tests.torture.servers import Load, eight_clients, serve_in_own_session, wait_until
from traces.deadlines import CLOSING_SECONDS, LONGEST_SECONDS

STOPS = sized(1, 10)
LOST = sized(40, 400)
SPARE_SECONDS = 5


def test_sigterm_under_load_loses_nothing(tmp_path: Path, environment: dict[str, str], promise: Promise) -> None:
    url, load = environment["DATABASE_URL"], Load()
    keep_history(url)
    for _ in range(STOPS):
        with serve_in_own_session(tmp_path, environment) as server, eight_clients(server, load):
            sent = len(load.acknowledged)
            assert wait_until(lambda: len(load.acknowledged) > sent + 8, seconds=30)  # noqa: B023 - called at once
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(timeout=30) == 0

    figures = {
        "missing": count_missing(url, load.acknowledged),
        "rows without an answer": len(rows(url)) - len(load.acknowledged),
        "parted tickets": count_parted(url, load.acknowledged),
        "two endings": count_ended_twice(url),
        "running": count_running(url),
    }
    counts = ", ".join(f"{name} {count}" for name, count in figures.items())
    promise(2, f"SIGTERM: {STOPS} under 8 clients, {len(load.acknowledged)} acknowledged: {counts}")
    assert set(load.statuses) == {200}
    assert set(figures.values()) == {0}


@pytest.mark.skipif(not LONG, reason="make torture")
def test_rows_of_vanished_clients_end(tmp_path: Path, environment: dict[str, str], promise: Promise) -> None:
    url = environment["DATABASE_URL"]
    with serve_in_own_session(tmp_path, environment) as server:
        for number in range(LOST):
            send_and_disconnect(server.port, reset=number % 2 == 0)
        ended = wait_until(lambda: len(trace_ids(url)) == LOST and not count_running(url), seconds=30)
        status, _ = server.ask("/rotation/decide", report())

    promise(2, f"lost clients: {LOST} vanished: {len(trace_ids(url)) - 1} rows, running {count_running(url)}")
    assert ended
    assert status == 200


def send_and_disconnect(port: int, *, reset: bool) -> None:
    """Send a whole request and disconnect before its answer, by a TCP reset or an ordinary close."""
    body = json.dumps(report()).encode()
    head = f"POST /rotation/decide HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
    kind = "Content-Type: application/json\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall((head + kind).encode() + body)
        sleep(0.03)
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_longest_deadline_leaves_time_to_stop() -> None:
    """A stopping worker is killed after `graceful_timeout`, and its rows would stay running."""
    server = runpy.run_path(str(BASE_DIR / "gunicorn.conf.py"))

    assert LONGEST_SECONDS + CLOSING_SECONDS + SPARE_SECONDS <= server["graceful_timeout"] < server["timeout"]
