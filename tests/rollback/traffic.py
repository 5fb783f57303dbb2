"""A ledger with many rows, and a balancer that sends requests to each server in turn."""

import itertools
import signal
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Any

import psycopg

from tests.configuration.serving import Server

# Copies of one decision under new ids.
GROW = """
    INSERT INTO traces_tracerecord ({columns})
    WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {rows})
    SELECT {values} FROM counted, (SELECT * FROM traces_tracerecord WHERE status = 'completed' LIMIT 1) AS decided
"""
NEW_VALUES = {"trace_id": "'trace_00000000000000' || (100000000000 + n)", "submission_key": "NULL"}


def add_rows(url: str, rows: int) -> None:
    """Copy a decision that the previous release stored, whatever columns it has."""
    with closing(connect(url)) as connection:
        head = connection.execute("SELECT * FROM traces_tracerecord LIMIT 0").description
        names = [column[0] for column in head]
        values = ", ".join(NEW_VALUES.get(name, f'decided."{name}"') for name in names)
        connection.execute(GROW.format(columns=", ".join(f'"{name}"' for name in names), rows=rows, values=values))
        connection.commit()


def execute(url: str, statement: str) -> None:
    with closing(connect(url)) as connection:
        connection.execute(statement)
        connection.commit()


def connect(url: str) -> Any:  # noqa: ANN401 - SQLite's connections and psycopg's have no type in common
    if url.startswith("sqlite:///"):
        return sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)
    return psycopg.connect(url)


@dataclass
class Balancer(Server):
    """Send each request to the next server. A server that was removed gets no new one."""

    seconds: list[float] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)
    _turns: "itertools.cycle[Server]" = field(default_factory=lambda: itertools.cycle(()))

    @classmethod
    def of_servers(cls, *servers: Server) -> "Balancer":
        balancer = cls(servers[0].port, servers[0].printed, servers[0].process)
        balancer.send_to(*servers)
        return balancer

    def send_to(self, *servers: Server) -> None:
        with self._lock:
            self._turns = itertools.cycle(servers)

    def ask(self, path: str, body: object = None, **headers: str) -> tuple[int, str]:
        with self._lock:
            server = next(self._turns)
        started = monotonic()
        answer = server.ask(path, body, **headers)
        self.seconds.append(monotonic() - started)
        return answer

    def slowest_since(self, count: int) -> float:
        return max(self.seconds[count:], default=0)


def stop(server: Server) -> int:
    """Ask a server to stop, as a deploy does, and return its exit code."""
    server.process.send_signal(signal.SIGTERM)
    return server.process.wait(timeout=60)
