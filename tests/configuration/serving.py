"""The real web server with two workers, on loopback, with its own database."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import uuid4

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from config.environment import BASE_DIR
from tests.configuration.conftest import VALID, manage_all
from tests.ports import free_port

TOKEN = "a-token-of-this-test"
START_SECONDS = 60


@dataclass
class Server:
    port: int
    printed: Path
    process: subprocess.Popen[bytes]

    def ask(self, path: str, body: object = None, **headers: str) -> tuple[int, str]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **headers}
        request = Request(f"http://127.0.0.1:{self.port}{path}", data, headers)
        try:
            with urlopen(request, timeout=10) as response:  # noqa: S310
                return response.status, response.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def send(self, raw: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(4096), b""))

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.printed.read_text().splitlines()]

    def figures(self) -> dict[str, float]:
        status, text = self.ask("/metrics", Authorization=f"Bearer {TOKEN}")
        assert status == 200
        return figures(text)


def figures(text: str) -> dict[str, float]:
    """Sum up the samples of each name, whatever their labels."""
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0) + sample.value
    return sums


@contextmanager
def empty_database(folder: Path) -> Iterator[str]:
    """Create an empty database on the server under test, or name an SQLite file."""
    server = os.environ.get("TEST_DATABASE_URL")
    if server is None:
        yield f"sqlite:///{folder}/served.sqlite3"
        return
    with _created(server, template="template1") as url:
        yield url


@pytest.fixture(scope="session")
def demo_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with the demo's records, without connections, so that it can be copied."""
    with empty_database(tmp_path_factory.mktemp("demo")) as url:
        run = manage_all("migrate", "load_demo_records", environment=VALID | {"DATABASE_URL": url})
        assert run.returncode == 0, run.stderr
        yield url


@contextmanager
def copied(database: str, folder: Path) -> Iterator[str]:
    if database.startswith("sqlite:///"):
        copy = folder / "served.sqlite3"
        shutil.copyfile(database.removeprefix("sqlite:///"), copy)
        yield f"sqlite:///{copy}"
        return
    with _created(database, template=str(conninfo_to_dict(database)["dbname"])) as url:
        yield url


@contextmanager
def _created(server: str, *, template: str) -> Iterator[str]:
    """Create a PostgreSQL database; drop it even if there are connections to it."""
    name = f"served_{uuid4().hex}"
    with psycopg.connect(make_conninfo(server, dbname="postgres"), autocommit=True) as connection:
        database, model = sql.Identifier(name), sql.Identifier(template)
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(database, model))
        yield "postgresql://?" + "&".join(make_conninfo(server, dbname=name).split())
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(database))


@contextmanager
def prepared(folder: Path, demo_database: str) -> Iterator[dict[str, str]]:
    """Copy the database with the demo's records; yield the environment of a server for the copy."""
    (folder / "temporary").mkdir()
    with copied(demo_database, folder) as url:
        yield VALID | {
            "DATABASE_URL": url,
            "ALLOWED_HOSTS": "127.0.0.1",
            "HTTPS": "false",
            "ACCESS": "open",
            "METRICS_TOKEN": TOKEN,
            "TMPDIR": str(folder / "temporary"),
            "PATH": os.environ["PATH"],
        }


@contextmanager
def serving(folder: Path, environment: dict[str, str]) -> Iterator[Server]:
    port = free_port()
    printed = folder / f"printed-{uuid4().hex}"
    command = [str(Path(sys.executable).with_name("gunicorn")), "config.wsgi", "--bind", f"127.0.0.1:{port}"]
    with printed.open("wb") as output:
        process = subprocess.Popen(command, cwd=BASE_DIR, env=environment, stdout=output, stderr=output)
    server = Server(port, printed, process)
    try:
        _wait_until_alive(server)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_until_alive(server: Server) -> None:
    latest = monotonic() + START_SECONDS
    while monotonic() < latest and server.process.poll() is None:
        try:
            server.ask("/healthz")
        except OSError:
            sleep(0.1)
        else:
            return
    raise AssertionError(server.printed.read_text())
