"""
Choose the database of a test run: `pytest --database=sqlite` (default) or `--database=postgresql`.

PostgreSQL is a real server: the one TEST_DATABASE_URL names, or a private one that lives as long as the run. Where
there is neither, no test runs, and the run says so; under CI=true that is a failure.

Tests that are marked `any_database` are of what no database has a part in: they run on SQLite alone.
"""

import os
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from tests.postgresql import cluster, find_programs

# Durability is of no use to data that goes with the run; tests with many threads want many connections.
SERVER_OPTIONS = (
    "--fsync=off",
    "--full-page-writes=off",
    "--synchronous-commit=off",
    "--max-connections=200",
    # It counts the rows of a table at moments of its own, and a plan would differ from run to run.
    "--autovacuum=off",
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
    programs = find_programs()
    if programs is None:
        return Chosen(name="PostgreSQL, which is missing here", missing=True)
    running = ExitStack()
    config.add_cleanup(running.close)
    private = running.enter_context(cluster(*SERVER_OPTIONS))
    return Chosen(name=f"PostgreSQL, private, of {programs}", url=private.url)
