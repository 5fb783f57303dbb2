"""
The previous release and this one, a database that was migrated from one to the other, and a server of each.

`make rollback-check` names this folder and takes minutes. Other runs ignore it.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.boundary.fault_server import FaultServer, answering
from tests.configuration.conftest import VALID
from tests.configuration.serving import Server, empty_database
from tests.conftest import report
from tests.rollback.releases import SCHEME, Release, previous_release, this_release
from tests.torture.conftest import model_settings
from tests.torture.model_server import answer_slowly

FOLDER = Path(__file__).parent
# test_https.py has what is otherwise over HTTPS.
SHARES_COOKIES = pytest.mark.skipif(SCHEME == "https", reason="over HTTPS the releases name their cookies differently")
PRINTED_LINES = pytest.StashKey[list[str]]()
PrintAtEnd = Callable[[str], None]


@dataclass(frozen=True)
class Servers:
    """A server of each release on the same database."""

    old: Server
    new: Server


@dataclass(frozen=True)
class Site:
    """A database that the previous release made and served and that this one has migrated."""

    environment: dict[str, str]
    password: str
    migrating: str
    decided: str
    failed: str

    @property
    def url(self) -> str:
        return self.environment["DATABASE_URL"]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    named = any(Path(arg.partition("::")[0]).resolve().is_relative_to(FOLDER) for arg in config.args)
    return None if named else True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines: list[str] = config.stash.get(PRINTED_LINES, [])
    if lines:
        terminalreporter.section("rollback")
        for line in sorted(lines):
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def print_at_end(request: pytest.FixtureRequest) -> PrintAtEnd:
    """Print a line at the end of the run."""
    return request.config.stash.setdefault(PRINTED_LINES, []).append


@pytest.fixture(scope="session")
def old(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return previous_release(tmp_path_factory.mktemp("releases"))


@pytest.fixture(scope="session")
def new() -> Release:
    return this_release()


@pytest.fixture(scope="session")
def model() -> Iterator[FaultServer]:
    with answering(answer_slowly) as server:
        yield server


@contextmanager
def database_of(release: Release, folder: Path, model: FaultServer) -> Iterator[dict[str, str]]:
    """Make a database with the demo's records by a release. Yield the variables of its servers."""
    (folder / "temporary").mkdir()
    with empty_database(folder) as url:
        environment = VALID | model_settings(model)
        environment |= {"DATABASE_URL": url, "ALLOWED_HOSTS": "127.0.0.1", "ACCESS": "open"}
        environment |= {"HTTPS": "true" if SCHEME == "https" else "false"}
        environment |= {"TMPDIR": str(folder / "temporary"), "PATH": os.environ["PATH"]}
        release.succeed("migrate", "--skip-checks", environment=environment)
        release.succeed("load_demo_records", "--skip-checks", environment=environment)
        release.succeed("collectstatic", "--noinput", environment=environment)
        yield environment


@pytest.fixture(scope="session")
def site(old: Release, new: Release, model: FaultServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with database_of(old, folder, model) as environment:
        login = old.succeed("create_operator", environment=environment)
        with old.serving(folder, environment) as server:
            decided, failed = decide(server), decide(server, "acct_20468")
        migrating = new.succeed("migrate", environment=environment)
        new.succeed("collectstatic", "--noinput", environment=environment)
        yield Site(environment, login.split()[-1], migrating, decided, failed)


@pytest.fixture(scope="session")
def servers(site: Site, old: Release, new: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("both")
    with old.serving(folder, site.environment) as first, new.serving(folder, site.environment) as second:
        yield Servers(first, second)


@pytest.fixture(scope="session")
def members_servers(
    site: Site, old: Release, new: Release, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Servers]:
    folder, environment = tmp_path_factory.mktemp("members"), site.environment | {"ACCESS": "members"}
    with old.serving(folder, environment) as first, new.serving(folder, environment) as second:
        yield Servers(first, second)


def decide(server: Server, account_id: str = "acct_10234") -> str:
    """Ask for a decision and return its trace's id."""
    status, text = server.ask("/rotation/decide", report(account_id))
    assert status == 200, text
    return str(json.loads(text)["trace_id"])
