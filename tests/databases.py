"""
Choose the database of a test run: `pytest --database=sqlite` (default) or `--database=postgresql`.

PostgreSQL is a real server: the one of TEST_DATABASE_URL, or a private one for this run. Without either, no test runs
and the run reports this; under CI=true it is a failure.

Tests marked `any_database` do not depend on the database. They run on SQLite alone.
"""

import os
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from tests.postgresql import cluster, find_programs

# The data ends with the run, so durability is off. Tests with many threads need many connections.
SERVER_OPTIONS = (
    "--fsync=off",
    "--full-page-writes=off",
    "--synchronous-commit=off",
    "--max-connections=200",
    # Autovacuum updates statistics at any time, so plans would differ from run to run.
    "--autovacuum=off",
)
MISSING = """\
PostgreSQL: none of the {count} tests were run on it.
TEST_DATABASE_URL names no server, and there is no initdb on PATH or in Debian's folder (apt install postgresql)."""


@dataclass(kw_only=True)
class Database:
    """The database of this run. `url` is None for SQLite and for a missing PostgreSQL."""

    name: str
    url: str | None = None
    missing: bool = False
    not_run: int = field(default=0, init=False)


DATABASE = pytest.StashKey[Database]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite", help="run the tests on it")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Run before pytest-django, which loads the settings in this hook, too."""
    given_url = os.environ.pop("TEST_DATABASE_URL", None)
    database = Database(name="SQLite")
    if early_config.known_args_namespace.database == "postgresql":
        database = _choose_postgresql(early_config, given_url=given_url)
    if database.url:
        os.environ["TEST_DATABASE_URL"] = database.url
    early_config.stash[DATABASE] = database


def pytest_report_header(config: pytest.Config) -> str:
    return f"database: {config.stash[DATABASE].name}"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    database = config.stash[DATABASE]
    if database.name != "SQLite":
        deselected = [item for item in items if item.get_closest_marker("any_database")]
        config.hook.pytest_deselected(items=deselected)
        items[:] = [item for item in items if item not in deselected]
    if database.missing:
        database.not_run = len(items)
        items.clear()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if session.config.stash[DATABASE].missing and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        in_ci = os.environ.get("CI") == "true"
        session.exitstatus = pytest.ExitCode.TESTS_FAILED if in_ci else pytest.ExitCode.OK


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    database = config.stash[DATABASE]
    if database.missing:
        terminalreporter.section("NOT RUN", sep="!", red=True, bold=True)
        terminalreporter.write_line(MISSING.format(count=database.not_run), red=True)
        terminalreporter.write_sep("!", red=True, bold=True)


def _choose_postgresql(config: pytest.Config, *, given_url: str | None) -> Database:
    if given_url:
        return Database(name="PostgreSQL of TEST_DATABASE_URL", url=given_url)
    programs = find_programs()
    if programs is None:
        return Database(name="PostgreSQL, which is missing here", missing=True)
    resources = ExitStack()
    config.add_cleanup(resources.close)
    server = resources.enter_context(cluster(*SERVER_OPTIONS))
    return Database(name=f"PostgreSQL, private, of {programs}", url=server.url)
