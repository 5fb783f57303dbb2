"""The first command of the README: `make run` on a fresh copy, its examples, and a restart."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.ports import free_port

pytestmark = pytest.mark.any_database

ROOT = Path(__file__).parents[2]
EXAMPLES = re.findall(r"```sh\n(curl .*)\n```\n+```json\n(.*)\n```", (ROOT / "README.md").read_text())
START_SECONDS = 120
# A worker that has just been forked has no signal handlers yet and misses the signal. gunicorn kills it after 45 s.
STOP_SECONDS = 60
LEFT_OUT = shutil.ignore_patterns(".*", "staticfiles", "*.sqlite3*", "tests")


@dataclass
class Demo:
    tree: Path
    environment: dict[str, str]
    port: int

    @contextmanager
    def running(self) -> Iterator[Path]:
        """Run `make run` until the block ends, then stop it as Ctrl-C does. Yield the file of its output."""
        printed = self.tree / f"printed-{uuid4().hex}"
        command = ["make", "run", f"PORT={self.port}", f"VENV={sys.prefix}"]
        with printed.open("wb") as output:
            server = subprocess.Popen(
                command, cwd=self.tree, env=self.environment, stdout=output, stderr=output, start_new_session=True
            )
        try:
            self.wait_until_ready(server, printed)
            self.wait_for_login(printed)
            yield printed
        finally:
            os.killpg(server.pid, signal.SIGINT)
            server.wait(timeout=STOP_SECONDS)

    def wait_until_ready(self, server: subprocess.Popen[bytes], printed: Path) -> None:
        latest = monotonic() + START_SECONDS
        while monotonic() < latest and server.poll() is None:
            try:
                self.get("/readyz")
            except (URLError, ConnectionError):
                sleep(0.1)
            else:
                return
        raise AssertionError(printed.read_text())

    def wait_for_login(self, printed: Path) -> None:
        """The login is printed when the server answers, so below its first lines."""
        latest = monotonic() + START_SECONDS
        while not re.search(r"Listening at: (.*\n)+Operator login: .*\n", printed.read_text()):
            assert monotonic() < latest, printed.read_text()
            sleep(0.1)

    def get(self, path: str) -> object:
        with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as response:
            return json.load(response)

    def curl(self, command: str) -> str:
        """Send the request of a curl command of the README to the port of this demo."""
        words = shlex.split(command)
        header, body = words[words.index("-H") + 1], words[words.index("-d") + 1]
        url = f"http://{words[-1]}".replace(":8000", f":{self.port}")
        request = Request(url, body.encode(), dict([header.split(": ")]))  # noqa: S310 - our own server
        try:
            with urlopen(request, timeout=10) as response:  # noqa: S310
                answer: bytes = response.read()
        except HTTPError as refused:
            with refused:
                answer = refused.read()
        return answer.decode()


@pytest.fixture
def database_url() -> Iterator[str | None]:
    """The URL of an empty database of the tested server, or None for the SQLite file of `make run`."""
    server = os.environ.get("TEST_DATABASE_URL")
    if server is None:
        yield None
        return
    name = f"demo_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield "postgresql://?" + "&".join(make_conninfo(server, dbname=name).split())
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def demo(tmp_path: Path, database_url: str | None) -> Demo:
    tree = tmp_path / "clone"
    shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    # Starting a worker takes a second, and each test starts the server twice.
    environment["WEB_CONCURRENCY"] = "1"
    if database_url:
        environment["DATABASE_URL"] = database_url
    return Demo(tree, environment, port=free_port())


def test_make_run_serves_the_examples_of_the_readme(demo: Demo) -> None:
    with demo.running() as printed:
        for command, expected in EXAMPLES:
            assert re.sub("(trace|task)_[0-9a-z]{26}", r"\1_…", demo.curl(command)) == expected
        kept = json.loads(demo.curl(EXAMPLES[0][0]))
    first = printed.read_text()
    with demo.running() as printed:
        assert demo.get(f"/rotation/{kept['trace_id']}") == kept
    second = printed.read_text()

    assert len(EXAMPLES) == 4
    for path in ("/", "/admin/", "/readyz"):
        assert f"http://127.0.0.1:{demo.port}{path}\n" in first
    assert first.count("password (shown this once): ") == 1
    command = rf"{sys.prefix}/bin/python\S* manage.py changepassword operator"
    assert re.search(rf"\nOperator login: operator   new password: {command}\n", second)
    for printed_text in (first, second):
        assert not re.search("warning", printed_text, re.IGNORECASE)
    kept_files = [demo.tree / ".env", *demo.tree.glob("*.sqlite3*")]
    assert {file.name: file.stat().st_mode & 0o777 for file in kept_files} == {file.name: 0o600 for file in kept_files}


def refused(demo: Demo, port: str) -> str:
    """Run `make run` on a port that it refuses before it installs anything, and return what it says."""
    venv = demo.tree / "venv-of-this-test"
    run = subprocess.run(
        ["make", "run", f"VENV={venv}"],
        cwd=demo.tree,
        env=demo.environment | {"PORT": port},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode != 0
    assert not venv.exists()
    assert not (demo.tree / ".env").exists()
    return run.stderr


def test_a_taken_port_is_named_in_a_sentence(demo: Demo) -> None:
    with socket.create_server(("127.0.0.1", demo.port)):
        assert f"Port {demo.port} is taken. Stop what listens there, or" in refused(demo, str(demo.port))


@pytest.mark.parametrize(
    "port", ["abc", "", "0", "65536", "8000 ", "-1", "٨٠٠٠", "1e3", "8000'; touch run; '", '$(touch run)"']
)
def test_what_is_no_port_is_named_in_a_sentence(demo: Demo, port: str) -> None:
    assert "PORT must be a number from 1 to 65535, such as: make run PORT=8001" in refused(demo, port)
    assert not (demo.tree / "run").exists()
