"""
Visitors who take their time: `python -m bench.traffic '{"port": 8000, "clients": 16, "think_seconds": 0.1, …}'`.

The argument is a `Plan`. A process of its own, until its standard input ends; each visitor keeps one connection, thinks
for a random while, about as long as `think_seconds`, and pays one of the visits of bench/visits.py. Prints a line for
each visit: when it began on the machine's monotonic clock, the seconds it took, which it was, and its fault or `ok`.
"""

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import monotonic

from bench.load import ROOT
from bench.visits import VISITS, Unexpected, Visitor

PAUSE_AFTER_FAULT_SECONDS = 0.5


@dataclass(frozen=True)
class Plan:
    """`mix` gives each kind of visit its weight."""

    port: int
    clients: int
    think_seconds: float
    mix: dict[str, int]


@dataclass(frozen=True)
class Visit:
    at: float
    seconds: float
    kind: str
    fault: str


@dataclass(frozen=True)
class Traffic:
    """What was seen so far can be read while it runs."""

    log: Path

    def visits(self) -> list[Visit]:
        with self.log.open() as lines:
            return [_read(line) for line in lines if line.endswith("\n")]


@contextmanager
def traffic(plan: Plan) -> Iterator[Traffic]:
    """Run the visitors while the block runs; when it has ended, the last visits are there as well."""
    with TemporaryDirectory() as folder:
        log = Path(folder, "visits")
        with log.open("w") as output:
            command = [sys.executable, "-m", "bench.traffic", json.dumps(asdict(plan))]
            running = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=output)
        seen = Traffic(log)
        try:
            yield seen
        finally:
            running.communicate()


def _read(line: str) -> Visit:
    at, seconds, kind, fault = line.rstrip("\n").split(" ", 3)
    return Visit(float(at), float(seconds), kind, fault)


def _keep_visiting(plan: Plan, stopping: Event) -> None:
    visitor = Visitor(plan.port)
    kinds, weights = list(plan.mix), list(plan.mix.values())
    while not stopping.wait(random.uniform(0.5, 1.5) * plan.think_seconds):  # noqa: S311 - no secret
        kind = random.choices(kinds, weights)[0]  # noqa: S311
        started, fault = monotonic(), "ok"
        try:
            VISITS[kind](visitor)
        except (OSError, HTTPException, Unexpected) as error:
            fault = f"{type(error).__name__} {error}" if isinstance(error, Unexpected) else type(error).__name__
            visitor.connection.close()
        sys.stdout.write(f"{started:.4f} {monotonic() - started:.5f} {kind} {fault}\n")
        if fault != "ok":
            stopping.wait(PAUSE_AFTER_FAULT_SECONDS)


def main() -> None:
    plan, stopping = Plan(**json.loads(sys.argv[1])), Event()
    visitors = [Thread(target=_keep_visiting, args=(plan, stopping)) for _ in range(plan.clients)]
    for visitor in visitors:
        visitor.start()
    sys.stdin.read()
    stopping.set()
    for visitor in visitors:
        visitor.join()


if __name__ == "__main__":
    main()
