"""A web server that is told to stop: whom it has let in it answers, whom it has not is refused at once."""

import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

import pytest

from tests.boundary.fault_server import FaultServer, completion, fault_server, say_json
from tests.configuration.serving import Server, prepared
from tests.conftest import report
from tests.fakes import answer
from tests.torture.conftest import asking
from tests.torture.servers import serving_apart, wait_until

pytestmark = pytest.mark.any_database
ANSWER_SECONDS = 1.5


def answering_late(connection: socket.socket) -> object:
    sleep(ANSWER_SECONDS)
    return say_json(completion(answer()))(connection)


@pytest.fixture
def model() -> Iterator[FaultServer]:
    with fault_server(answering_late) as server:
        yield server


@pytest.fixture
def server(tmp_path: Path, model: FaultServer) -> Iterator[Server]:
    with (
        prepared(tmp_path) as environment,
        serving_apart(tmp_path, environment | asking(model), "--threads=1", "--workers=1") as server,
    ):
        yield server


def refused(server: Server) -> bool:
    try:
        socket.create_connection(("127.0.0.1", server.port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def test_who_is_let_in_is_answered_and_who_is_not_is_refused_at_once(server: Server, model: FaultServer) -> None:
    with ThreadPoolExecutor(2) as clients:
        deciding = clients.submit(server.ask, "/rotation/decide", report())
        assert wait_until(lambda: len(model.requests) == 1, seconds=10)
        waiting = clients.submit(server.ask, "/healthz")
        sleep(0.1)

        server.process.send_signal(signal.SIGTERM)
        shut = wait_until(lambda: refused(server), seconds=ANSWER_SECONDS / 2)
        still_deciding = not deciding.done()

        assert (shut, still_deciding) == (True, True)
        assert (deciding.result()[0], waiting.result()[0]) == (200, 200)
    assert server.process.wait(timeout=10) == 0
