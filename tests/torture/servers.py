"""The real web server in its own process group, and eight clients that keep it busy."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from itertools import cycle
from pathlib import Path
from threading import Event
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

from config.environment import BASE_DIR
from tests.configuration.serving import Server, _wait_until_alive
from tests.conftest import report
from tests.ports import free_port
from tests.tickets.conftest import TEXT

CLIENTS = 8
# Where to send what, for each workflow.
ROTATION = ("/rotation/decide", report())
TICKETS = ("/tickets/extract", {"text": TEXT})


@contextmanager
def serve_in_own_session(
    folder: Path, environment: dict[str, str], *more: str, within: tuple[str, ...] = ()
) -> Iterator[Server]:
    """Serve in a new session, so that arbiter and workers can be killed together."""
    port = free_port()
    printed = folder / f"printed-{uuid4().hex}"
    gunicorn = str(Path(sys.executable).with_name("gunicorn"))
    command = [*within, gunicorn, "config.wsgi", f"--bind=127.0.0.1:{port}", *more]
    with printed.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=BASE_DIR, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    server = Server(port, printed, process)
    try:
        _wait_until_alive(server)
        yield server
    finally:
        kill(server)


def kill(server: Server) -> None:
    """Kill arbiter and workers at once, as a power cut does."""
    with suppress(ProcessLookupError):
        os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait(timeout=30)


def worker_pids(server: Server) -> list[int]:
    """Return the process ids of the workers."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    return [int(child) for child in children.split()]


@dataclass
class Load:
    """
    The responses that eight clients got to requests that each had its own submission key, by that key.

    Every client sends to the workflows in turn.
    """

    workflows: tuple[tuple[str, dict[str, str]], ...] = (ROTATION, TICKETS)
    acknowledged: dict[str, dict[str, Any]] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    refusals: list[dict[str, object]] = field(default_factory=list)
    stopping: Event = field(default_factory=Event)

    def send(self, server: Server) -> None:
        """Send one request after another until `stopping` is set or the server has ended."""
        requests = cycle(self.workflows)
        while not self.stopping.is_set():
            key, (path, body) = uuid4().hex, next(requests)
            try:
                status, text = server.ask(path, body, **{"Idempotency-Key": key})
            except (OSError, HTTPException):
                self.unanswered.append(key)
                if server.process.poll() is not None:
                    return
                continue
            self.statuses.append(status)
            if status == 200:
                self.acknowledged[key] = json.loads(text)
            else:
                self.refusals.append(json.loads(text))


@contextmanager
def eight_clients(server: Server, load: Load) -> Iterator[None]:
    """Keep the server busy until the block ends."""
    load.stopping.clear()
    with ThreadPoolExecutor(CLIENTS) as threads:
        sending = [threads.submit(load.send, server) for _ in range(CLIENTS)]
        try:
            yield
        finally:
            load.stopping.set()
    for each in sending:
        each.result()


def wait_until(holds: Callable[[], bool], seconds: float) -> bool:
    latest = monotonic() + seconds
    while not (is_true := holds()) and monotonic() < latest:
        sleep(0.02)
    return is_true
