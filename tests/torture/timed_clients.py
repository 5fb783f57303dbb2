"""Clients that wait for an answer as long as it takes, and keep the time of each."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import cycle
from math import inf
from threading import Event, Thread
from time import monotonic
from typing import NamedTuple
from uuid import uuid4

from tests.boundary.fault_server import Behaviour, Request
from tests.configuration.serving import Server
from tests.torture.model_server import SLOWEST_SECONDS, answer_slowly
from tests.torture.servers import CLIENTS, Load, eight_clients, wait_until

PATIENCE_SECONDS = 180
UNTIL_BACK_SECONDS, RECOVERED_SECONDS = 20, 5
NO_ANSWER = 0
PROBE_PAUSE_SECONDS = 0.05
# A submission key that is also in the text, so that the model's server knows which submission it is asked about.
# It has no digits, because a text with digits can look like a phone number.
KEY = re.compile(r"\b[a-p]{32}\b")
AS_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
TEXT_FIELDS = {"credential_report", "text"}


class Answer(NamedTuple):
    """A response and its times by `monotonic`. The status is NO_ANSWER if the connection was cut."""

    status: int
    text: str
    asked_at: float
    ended_at: float

    @property
    def seconds(self) -> float:
        return self.ended_at - self.asked_at

    @property
    def problem(self) -> str:
        """The last part of a problem's type."""
        kind = str(json.loads(self.text)["type"])
        return kind.rpartition(":")[2]

    @property
    def names_a_row(self) -> bool:
        """Whether a row was opened for it. A refusal without one did not get past its first write."""
        return self.status == 200 or "trace_id" in json.loads(self.text)


def longest(answers: Iterable[Answer]) -> float:
    return max((answer.seconds for answer in answers), default=0.0)


def counted(answers: Iterable[Answer]) -> str:
    """Count answers by status, such as `12 x 200, 3 x 503`."""
    counts = Counter(answer.status for answer in answers)
    return ", ".join(f"{count} x {status}" for status, count in sorted(counts.items())) or "none"


def ask(server: Server, path: str, body: object = None, **headers: str) -> Answer:
    data = None if body is None else json.dumps(body)
    method, asked_at = "GET" if body is None else "POST", monotonic()
    try:
        with closing(HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)) as connection:
            connection.request(method, path, data, {"Content-Type": "application/json", **headers})
            response = connection.getresponse()
            status, text = response.status, response.read().decode()
    except (OSError, HTTPException):
        status, text = NO_ANSWER, ""
    return Answer(status, text, asked_at, monotonic())


def read_at_once(server: Server, path: str, *, times: int) -> list[Answer]:
    """Read one address on as many connections at the same time."""

    async def read() -> Answer:
        asked_at = monotonic()
        raw = b""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            with closing(writer):
                writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
                raw = await reader.read()
        except OSError:
            pass
        head, _, text = raw.partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1]) if head else NO_ANSWER
        return Answer(status, text.decode(), asked_at, monotonic())

    async def read_all() -> list[Answer]:
        return await asyncio.gather(*(read() for _ in range(times)))

    return asyncio.run(read_all())


@contextmanager
def probing(server: Server, path: str) -> Iterator[list[Answer]]:
    """Ask a probe repeatedly until the block ends. Yield the answers so far."""
    answers, stopping = list[Answer](), Event()

    def probe() -> None:
        while not stopping.wait(PROBE_PAUSE_SECONDS):
            answers.append(ask(server, path))

    thread = Thread(target=probe)
    thread.start()
    try:
        yield answers
    finally:
        stopping.set()
        thread.join()


def wait_for_recovery(load: Load) -> float:
    """Wait for more decisions than the clients had under way. Return the seconds that took, or inf."""
    before, started = len(load.acknowledged), monotonic()
    is_back = wait_until(lambda: len(load.acknowledged) > before + CLIENTS, seconds=UNTIL_BACK_SECONDS)
    return round(monotonic() - started, 1) if is_back else inf


@dataclass
class TimedLoad(Load):
    """Clients that keep every answer with its time, and every submission key, which they also put into the text."""

    answers: list[Answer] = field(default_factory=list)
    sent: set[str] = field(default_factory=set)

    def send(self, server: Server) -> None:
        requests = cycle(self.workflows)
        while not self.stopping.is_set() and server.process.poll() is None:
            self.send_one(server, *next(requests))

    def send_one(self, server: Server, path: str, body: dict[str, str]) -> None:
        key = uuid4().hex.translate(AS_LETTERS)
        self.sent.add(key)
        body = {name: f"{value} {key}" if name in TEXT_FIELDS else value for name, value in body.items()}
        answer = ask(server, path, body, **{"Idempotency-Key": key})
        if answer.status == NO_ANSWER:
            self.unanswered.append(key)
            return
        self.answers.append(answer)
        self.statuses.append(answer.status)
        if answer.status == 200:
            self.acknowledged[key] = json.loads(answer.text)
        else:
            self.refusals.append(json.loads(answer.text))

    @property
    def refused(self) -> list[Answer]:
        """The answers of another status than 200 whose request has no row."""
        return [answer for answer in self.answers if not answer.names_a_row]


@dataclass
class NotingModel:
    """A model that notes the submission key of each call, and of each whole answer that it has sent."""

    slowest_seconds: float = SLOWEST_SECONDS
    asked: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)

    def answer(self, request: Request) -> Behaviour:
        [key] = set(KEY.findall(request.json["messages"][1]["content"]))
        self.asked.add(key)
        respond: Callable[..., object] = answer_slowly(request, self.slowest_seconds)

        def behave(connection: object) -> object:
            keeps_open = respond(connection)
            self.answered.add(key)
            return keeps_open

        return behave


@dataclass
class Watch:
    """What eight clients and two probes have seen so far."""

    load: TimedLoad
    alive: list[Answer]
    ready: list[Answer]

    @property
    def is_ready(self) -> bool:
        """Whether both processes are, most likely: each may have answered some of the last probes."""
        return [answer.status for answer in self.ready[-6:]] == [200] * 6


@contextmanager
def watched(server: Server) -> Iterator[Watch]:
    """Keep the server busy with eight clients and both probes until the block ends."""
    load = TimedLoad()
    with (
        probing(server, "/healthz") as alive,
        probing(server, "/readyz") as ready,
        eight_clients(server, load),
    ):
        yield Watch(load, alive, ready)
