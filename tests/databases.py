"""
Choose the database of a test run: `pytest --database=sqlite` (default) or `--database=postgresql`.

PostgreSQL is a real server: the one TEST_DATABASE_URL names, or a private one that lives as long as the run. Where
there is neither, no test runs, and the run says so; under CI=true that is a failure.

Tests that are marked `any_database` are of what no database has a part in: they run on SQLite alone.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest

START_SECONDS = 30
# Durability is of no use to data that goes with the run; tests with many threads want many connections.
SERVER_OPTIONS = (
    "--listen-addresses=",
    "--fsync=off",
    "--full-page-writes=off",
    "--synchronous-commit=off",
    "--max-connections=200",
)
MISSING = """\
PostgreSQL: none of the {count} tests were run on it.
There is no server in TEST_DATABASE_URL, and no initdb on PATH or in Debian's place for it (apt install postgresql)."""


@dataclass(kw_only=True)
class Chosen:
    """The database of this run; `url` is None on SQLite, and where PostgreSQL is missing."""

    name: str
    url: str | None = None
    missing: bool = False
    not_run: int = field(default=0, init=False)


CHOSEN = pytest.StashKey[Chosen]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite", help="run the tests on it")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Come before pytest-django, which loads the settings in this same hook."""
    given = os.environ.pop("TEST_DATABASE_URL", None)
    chosen = Chosen(name="SQLite")
    if early_config.known_args_namespace.database == "postgresql":
        chosen = _choose_postgresql(early_config, given=given)
    if chosen.url:
        os.environ["TEST_DATABASE_URL"] = chosen.url
    early_config.stash[CHOSEN] = chosen


def pytest_report_header(config: pytest.Config) -> str:
    return f"database: {config.stash[CHOSEN].name}"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    chosen = config.stash[CHOSEN]
    if chosen.name != "SQLite":
        left_out = [item for item in items if item.get_closest_marker("any_database")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    if chosen.missing:
        chosen.not_run = len(items)
        items.clear()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if session.config.stash[CHOSEN].missing and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        in_ci = os.environ.get("CI") == "true"
        session.exitstatus = pytest.ExitCode.TESTS_FAILED if in_ci else pytest.ExitCode.OK


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    chosen = config.stash[CHOSEN]
    if chosen.missing:
        terminalreporter.section("NOT RUN", sep="!", red=True, bold=True)
        terminalreporter.write_line(MISSING.format(count=chosen.not_run), red=True)
        terminalreporter.write_sep("!", red=True, bold=True)


def _choose_postgresql(config: pytest.Config, *, given: str | None) -> Chosen:
    if given:
        return Chosen(name="PostgreSQL of TEST_DATABASE_URL", url=given)
    programs = _find_programs()
    if programs is None:
        return Chosen(name="PostgreSQL, which is missing here", missing=True)
    running = ExitStack()
    config.add_cleanup(running.close)
    url = running.enter_context(_private_server(programs))
    return Chosen(name=f"PostgreSQL, private, of {programs}", url=url)


def _find_programs() -> Path | None:
    """Find the folder that holds `initdb` and `postgres`: on PATH, else the newest in Debian's place."""
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve().parent] if on_path else []
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    found += sorted(debian, key=lambda folder: float(folder.parent.name), reverse=True)
    return next((folder for folder in found if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


@contextmanager
def _private_server(programs: Path) -> Iterator[str]:
    """Run a server that only a unix socket in a folder of its own reaches; yield its address."""
    # SIGTERM would end Python at once and leave the server behind; as Ctrl-C it ends the run in order.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # PostgreSQL refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        if user:
            os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
        data, log = Path(folder, "data"), Path(folder, "log")
        _make_cluster(programs, data=data, user=user)
        with log.open("wb") as output:
            server = subprocess.Popen(
                [programs / "postgres", "-D", data, "-k", folder, *SERVER_OPTIONS],
                stdout=output,
                stderr=output,
                user=user,
                cwd=folder,
                # Ctrl-C is for the tests: the server has to outlive their teardown.
                start_new_session=True,
            )
        url = f"postgresql:///postgres?{urlencode({'host': folder, 'user': 'postgres'})}"
        try:
            _await(server, url=url, log=log)
            yield url
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait(timeout=START_SECONDS)


def _make_cluster(programs: Path, *, data: Path, user: str | None) -> None:
    subprocess.run(
        [
            *(programs / "initdb", "-D", data, "--username=postgres", "--no-sync"),
            *("--auth-local=trust", "--auth-host=reject", "--encoding=UTF8", "--locale=C"),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        user=user,
        cwd=data.parent,
    )


def _await(server: subprocess.Popen[bytes], *, url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        with suppress(psycopg.OperationalError):
            psycopg.connect(url).close()
            return
        time.sleep(0.05)
    raise pytest.UsageError(f"the private PostgreSQL did not start:\n{log.read_text()}")
