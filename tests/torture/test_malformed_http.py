"""
Send raw bytes to the real web server: no 5xx of ours, and all our refusals have one shape.

Bytes that are not HTTP never reach the service. gunicorn refuses them with a small page of its own.
"""

import re
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from time import sleep
from typing import NamedTuple

import pytest

from tests.configuration.serving import Server, prepared, serving
from tests.torture.bent_lines import HOST, JSON, LENGTH, POST
from tests.torture.conftest import LONG, Promise
from tests.torture.raw_http import request, requests
from tests.torture.servers import serve_in_own_session, worker_pids

pytestmark = pytest.mark.any_database

PATIENCE_SECONDS = 10
# The short form sends every twelfth request.
STEP = 1 if LONG else 12
NOT_IMPLEMENTED = {501, 505}
OURS, SERVERS = "application/problem+json", "text/html"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def is_ours(self) -> bool:
        return "x-content-type-options" in self.headers or self.body.startswith(b'{"status"')


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, demo_database: str) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("served")
    with (
        prepared(folder, demo_database) as environment,
        serving(
            folder, environment | {"DECISIONS_IN_FLIGHT": "16", "WEB_THREADS": "48", "WEB_CONCURRENCY": "1"}
        ) as served,
    ):
        yield served


def send_raw(server: Server, raw: bytes) -> list[Answer]:
    """Send these bytes, and read every response until the server closes the connection."""
    received = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as connection:
        try:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                received += piece
        except (ConnectionResetError, BrokenPipeError):
            # The server need not read the rest of a request that it has refused.
            pass
    return [_read(answer) for answer in re.split(rb"(?=HTTP/1\.[01] [0-9]{3} )", received) if answer]


def _read(received: bytes) -> Answer:
    head, _, body = received.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Answer(int(status.split()[1]), headers, body)


def kind_of(answer: Answer) -> str:
    """
    Name who answered. Our refusals have one shape; those of gunicorn are a page without our headers.

    gunicorn answers 501 for an unknown transfer coding and 505 for an unknown version, as HTTP asks.
    """
    assert answer.status < 500 or (not answer.is_ours and answer.status in NOT_IMPLEMENTED), answer
    assert not {"x", "y", "x-0"} & answer.headers.keys(), answer
    assert "x=1" not in answer.headers.get("set-cookie", ""), answer
    if answer.status < 400:
        return "answered"
    content_type = answer.headers.get("content-type", "")
    if answer.is_ours:
        assert content_type == OURS, answer
        return "refused"
    assert (answer.headers["connection"], content_type) == ("close", SERVERS), answer
    return f"gunicorn's own {answer.status}"


def test_raw_requests_cause_no_5xx_and_one_shape_of_refusal(server: Server, promise: Promise) -> None:
    raw = list(requests())[::STEP]

    with ThreadPoolExecutor(8) as clients:
        received = list(clients.map(lambda each: send_raw(server, each), raw))

    kinds = Counter(kind_of(answer) for several in received for answer in several)
    kinds["left without an answer"] = sum(not several for several in received)
    assert server.ask("/healthz")[0] == 200
    counts = ", ".join(f"{kind} {number:,}" for kind, number in sorted(kinds.items()))
    promise(6, f"malformed: {len(raw):,} raw requests ({counts}); ours >= 500: 0, ours in another shape: 0")


def test_slow_request_is_answered(server: Server) -> None:
    whole = request(POST, HOST, JSON, LENGTH, b"Connection: close")
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as connection:
        for start in range(0, len(whole), 30):
            connection.sendall(whole[start : start + 30])
            sleep(0.05)

        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")


def test_connections_left_open_block_nobody(server: Server) -> None:
    address = ("127.0.0.1", server.port)
    with ExitStack() as open_ends:
        connections = [
            open_ends.enter_context(socket.create_connection(address, timeout=PATIENCE_SECONDS)) for _ in range(30)
        ]
        for connection in connections:
            connection.sendall(request(b"GET /healthz HTTP/1.1", HOST, b"Connection: close", body=b""))

        assert server.ask("/healthz") == (200, '{"status": "ok"}')
        assert {connection.recv(4096).partition(b"\r\n")[0] for connection in connections} == {b"HTTP/1.1 200 OK"}


def test_too_many_connections_break_no_worker(tmp_path: Path, demo_database: str) -> None:
    with prepared(tmp_path, demo_database) as environment:
        few = environment | {
            "WEB_CONCURRENCY": "1",
            "DECISIONS_IN_FLIGHT": "8",
            "READS_IN_FLIGHT": "4",
            "WEB_THREADS": "20",
        }
        with serve_in_own_session(tmp_path, few, within=("prlimit", "--nofile=256")) as server:
            before = worker_pids(server)
            with ExitStack() as idle:
                for _ in range(400):
                    idle.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS))
                sleep(0.5)
                during = worker_pids(server)

            assert server.ask("/healthz") == (200, '{"status": "ok"}')
        assert (during, started_workers(server)) == (before, before)


def started_workers(server: Server) -> list[int]:
    """Return the ids of all workers that the arbiter has started."""
    return [int(pid) for pid in re.findall(r"Booting worker with pid: (\d+)", server.printed.read_text())]


def test_half_sent_requests_block_nobody(server: Server) -> None:
    whole = request(POST, HOST, JSON, LENGTH)
    halves = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(8)]
    for number, half in enumerate(halves):
        half.sendall(whole[: 20 * (number + 1)])

    assert server.ask("/healthz") == (200, '{"status": "ok"}')

    for half in halves:
        half.close()
