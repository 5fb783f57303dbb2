"""
Keep a server busy: `python -m bench.load '{"port": 8000, "clients": 8, "seconds": 5}'`, a process of its own.

The argument is a `Plan`. Each client keeps one connection and sends a fresh report as soon as the last one was
answered. An answer counts if its status is 200 and it says "completed"; anything else is an error by its kind. Prints
one JSON object, a `Load`. Times are of the machine's monotonic clock, which every process reads alike.
"""

import asyncio
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from secrets import token_hex
from time import monotonic, process_time
from typing import cast

ROOT = Path(__file__).resolve().parent.parent
# Above this share of a core the load would be measured, and not the server.
BUSY = 0.6
# How long answers may keep coming after the last report was sent.
PATIENCE_SECONDS = 60
PAUSE_AFTER_ERROR_SECONDS = 0.1
LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
COMPLETED = re.compile(rb'"status": ?"completed"')


@dataclass(frozen=True)
class Plan:
    """Send for `seconds`; the clients start spread over `ramp_seconds`."""

    port: int
    clients: int
    seconds: float
    path: str = "/rotation/decide"
    headers: Mapping[str, str] = field(default_factory=dict)
    ramp_seconds: float = 0


@dataclass
class Load:
    """What came of it; `answers` are pairs: when a report was sent, and the seconds until its answer was whole."""

    started_at: float
    stopped_at: float = 0
    cpu_seconds: float = 0
    sent: int = 0
    answers: list[tuple[float, float]] = field(default_factory=list)
    errors: list[tuple[float, str]] = field(default_factory=list)

    def errors_by_kind(self) -> dict[str, int]:
        return dict(Counter(kind for _, kind in self.errors))

    @property
    def core_share(self) -> float:
        return self.cpu_seconds / (self.stopped_at - self.started_at)


def send(plan: Plan, *, core: int | None = None) -> Load:
    """Run the clients in a process of their own, on one core if it is named, until the last answer is there."""
    return finish(start(plan, core=core))


def start(plan: Plan, *, core: int | None = None) -> "subprocess.Popen[str]":
    """Start the clients and do not wait; `finish` does."""
    pinned = [] if core is None else ["taskset", "--cpu-list", str(core)]
    command = [*pinned, sys.executable, "-m", "bench.load", json.dumps(asdict(plan))]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def finish(running: "subprocess.Popen[str]") -> Load:
    told, _ = running.communicate()
    load = Load(**json.loads(told))
    if load.core_share > BUSY:
        sys.stderr.write(f"the load took {load.core_share:.0%} of a core: its figures are not the server's alone\n")
    return load


class Client(asyncio.Protocol):
    """One connection: a report, its answer, the next one. `done` holds the fault that ended it, or None."""

    def __init__(self, clients: "Clients") -> None:
        self.clients = clients
        self.received = b""
        self.done: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._send_next()

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, whole, body = self.received.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not whole or (length and len(body) < int(length[1])):
            return
        self.received = b""
        if fault := _fault(head, body, told_length=length is not None):
            self._end(fault)
            return
        load = self.clients.load
        load.answers.append((self.sent_at, monotonic() - self.sent_at))
        if CLOSES.search(head):
            self._end(None)
        else:
            self._send_next()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(type(exc).__name__ if exc else "closed without an answer")

    def _send_next(self) -> None:
        if not self.clients.may_send():
            self._end(None)
            return
        self.sent_at = monotonic()
        self.transport.write(self.clients.next_request())

    def _end(self, fault: str | None) -> None:
        if not self.done.done():
            self.done.set_result(fault)
            self.transport.close()


def _fault(head: bytes, body: bytes, *, told_length: bool) -> str | None:
    """Name what is wrong with an answer, if anything is."""
    if not told_length:
        return "answer without a length"
    if not head.startswith(b"HTTP/1.1 200 "):
        return f"status {head[9:12].decode()}"
    return None if COMPLETED.search(body) else "not completed"


class Clients:
    """All of them, in one thread."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.load = Load(started_at=monotonic())
        # Other runs send to the same ledger: no two reports are alike.
        self.run = token_hex(8)
        named = {"Host": "127.0.0.1", "Content-Type": "application/json", **plan.headers}
        self.head = "\r\n".join([f"POST {plan.path} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items())])

    def may_send(self) -> bool:
        return monotonic() < self.load.started_at + self.plan.seconds

    def next_request(self) -> bytes:
        self.load.sent += 1
        text = f"Service-account key {self.run}-{self.load.sent} is older than policy and marked stale."
        body = json.dumps({"account_id": "acct_10234", "credential_report": text})
        return f"{self.head}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()

    async def keep_sending(self, after_seconds: float) -> None:
        await asyncio.sleep(after_seconds)
        while self.may_send():
            try:
                fault = await self._talk()
            except OSError as error:
                fault = f"connect: {type(error).__name__}"
            if fault:
                self.load.errors.append((monotonic(), fault))
                await asyncio.sleep(PAUSE_AFTER_ERROR_SECONDS)

    async def _talk(self) -> str | None:
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(lambda: Client(self), "127.0.0.1", self.plan.port)
        return await client.done

    async def all(self) -> Load:
        each = self.plan.ramp_seconds / self.plan.clients
        talks = [asyncio.create_task(self.keep_sending(each * number)) for number in range(self.plan.clients)]
        _, unanswered = await asyncio.wait(talks, timeout=self.plan.seconds + PATIENCE_SECONDS)
        self.load.errors += [(monotonic(), f"no answer in {PATIENCE_SECONDS} s")] * len(unanswered)
        for talk in unanswered:
            talk.cancel()
        self.load.stopped_at, self.load.cpu_seconds = monotonic(), process_time()
        return self.load


def main() -> None:
    load = asyncio.run(Clients(Plan(**json.loads(sys.argv[1]))).all())
    json.dump(asdict(load), sys.stdout)


if __name__ == "__main__":
    main()
