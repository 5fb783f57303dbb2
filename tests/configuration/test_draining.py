"""A web server that stops: it answers the clients that it accepted, and refuses all others at once."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import sleep

import pytest

from config.environment import BASE_DIR
from tests.boundary.fault_server import FaultServer, completion, fault_server, say_json
from tests.configuration.serving import Server, prepared
from tests.conftest import report
from tests.fakes import answer
from tests.torture.conftest import model_settings
from tests.torture.servers import serve_in_own_session, wait_until, worker_pids

pytestmark = pytest.mark.any_database
ANSWER_SECONDS = 1.5


def answer_late(connection: socket.socket) -> object:
    sleep(ANSWER_SECONDS)
    return say_json(completion(answer()))(connection)


@pytest.fixture
def model() -> Iterator[FaultServer]:
    with fault_server(answer_late) as server:
        yield server


@pytest.fixture
def server(tmp_path: Path, model: FaultServer, demo_database: str) -> Iterator[Server]:
    with (
        prepared(tmp_path, demo_database) as environment,
        serve_in_own_session(tmp_path, environment | model_settings(model), "--threads=1", "--workers=1") as server,
    ):
        yield server


def refused(server: Server) -> bool:
    try:
        socket.create_connection(("127.0.0.1", server.port), timeout=5).close()
    except ConnectionResetError:
        # The listener was closed in this very instant; the next attempt is refused.
        return False
    except ConnectionRefusedError:
        return True
    return False


def test_accepted_clients_are_answered_and_others_are_refused_at_once(server: Server, model: FaultServer) -> None:
    with ThreadPoolExecutor(2) as clients:
        deciding = clients.submit(server.ask, "/rotation/decide", report())
        assert wait_until(lambda: len(model.requests) == 1, seconds=10)
        waiting = clients.submit(server.ask, "/healthz")
        sleep(0.1)

        server.process.send_signal(signal.SIGTERM)
        closed = wait_until(lambda: refused(server), seconds=ANSWER_SECONDS / 2)
        still_deciding = not deciding.done()

        assert (closed, still_deciding) == (True, True)
        assert (deciding.result()[0], waiting.result()[0]) == (200, 200)
    assert server.process.wait(timeout=10) == 0


# It needs a second to load, and a second to answer.
APPLICATION = """
import os, pathlib, time
pathlib.Path(__file__).with_name("loading").write_text(str(os.getpid()))
time.sleep(1)

def application(environ, start_response):
    time.sleep(1)
    start_response("200 OK", [("Content-Length", "0")])
    return []
"""


@contextmanager
def loading_worker(folder: Path) -> Iterator[tuple[Server, int]]:
    """Start a server whose one worker is still loading; yield its process id, too."""
    (folder / "late.py").write_text(APPLICATION)
    printed, loading = folder / "printed", folder / "loading"
    options = [
        "--worker-class=config.web_server.DrainingWorker",
        "--threads=4",
        "--bind=127.0.0.1:0",
        "--no-control-socket",
    ]
    command = [str(Path(sys.executable).with_name("gunicorn")), "late", *options, "--config=/dev/null"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{folder}:{BASE_DIR}"}
    with printed.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        assert wait_until(lambda: loading.exists() and loading.read_text() != "", seconds=20)
        port = int(printed.read_text().partition("127.0.0.1:")[2].partition(" ")[0])
        yield Server(port, printed, process), int(loading.read_text())
    finally:
        process.terminate()
        process.wait(timeout=20)


def test_a_worker_leaves_ctrl_c_to_the_arbiter_even_while_it_loads(tmp_path: Path) -> None:
    """A terminal sends Ctrl-C to both."""
    with loading_worker(tmp_path) as (server, worker):
        os.kill(worker, signal.SIGINT)

        assert server.ask("/")[0] == 200
        assert worker_pids(server) == [worker]


def test_a_worker_that_is_stopped_while_it_loads_drops_no_client(tmp_path: Path) -> None:
    """gunicorn opens and closes the listener of such a worker; the next worker takes over."""
    with loading_worker(tmp_path) as (server, worker), ThreadPoolExecutor(2) as clients:
        waiting = clients.submit(server.ask, "/")
        sleep(0.2)
        os.kill(worker, signal.SIGTERM)
        sleep(1.2)
        late = clients.submit(server.ask, "/")

        assert (waiting.result()[0], late.result()[0]) == (200, 200)
    assert "Traceback" not in server.printed.read_text()
