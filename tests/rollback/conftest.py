"""
The previous release and this one, a database that went from one to the other, and a server of each on it.

`make rollback-check` names this folder; a run that does not name it leaves it out, for it takes minutes.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.boundary.fault_server import FaultServer, fault_server
from tests.configuration.conftest import VALID
from tests.configuration.serving import Server, empty_database
from tests.conftest import report
from tests.rollback.releases import Release, previous_release, this_release
from tests.torture.conftest import asking
from tests.torture.model_server import answering_slowly

HERE = Path(__file__).parent
TOLD = pytest.StashKey[list[str]]()
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Pair:
    """A server of each release on one database."""

    old: Server
    new: Server


@dataclass(frozen=True)
class Site:
    """A database that the previous release made and served, and this one has migrated."""

    environment: dict[str, str]
    password: str
    migrating: str
    decided: str
    failed: str

    @property
    def url(self) -> str:
        return self.environment["DATABASE_URL"]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    named = any(Path(arg.partition("::")[0]).resolve().is_relative_to(HERE) for arg in config.args)
    return None if named else True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    told: list[str] = config.stash.get(TOLD, [])
    if told:
        terminalreporter.section("rollback")
        for line in sorted(told):
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def tell(request: pytest.FixtureRequest) -> Tell:
    """Print a line at the end of the run."""
    return request.config.stash.setdefault(TOLD, []).append


@pytest.fixture(scope="session")
def old(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return previous_release(tmp_path_factory.mktemp("releases"))


@pytest.fixture(scope="session")
def new() -> Release:
    return this_release()


@pytest.fixture(scope="session")
def model() -> Iterator[FaultServer]:
    with fault_server(answering_slowly) as server:
        yield server


@contextmanager
def made_by(release: Release, folder: Path, model: FaultServer) -> Iterator[dict[str, str]]:
    """Let a release make a database with the demo's records; yield the environment to serve it in."""
    (folder / "temporary").mkdir()
    with empty_database(folder) as url:
        environment = VALID | asking(model)
        environment |= {"DATABASE_URL": url, "ALLOWED_HOSTS": "127.0.0.1", "HTTPS": "false", "ACCESS": "open"}
        environment |= {"TMPDIR": str(folder / "temporary"), "PATH": os.environ["PATH"]}
        release.succeed("migrate", "--skip-checks", environment=environment)
        release.succeed("load_demo_records", "--skip-checks", environment=environment)
        release.succeed("collectstatic", "--noinput", environment=environment)
        yield environment


@pytest.fixture(scope="session")
def site(old: Release, new: Release, model: FaultServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with made_by(old, folder, model) as environment:
        login = old.succeed("create_operator", environment=environment)
        with old.serving(folder, environment) as server:
            decided, failed = decide(server), decide(server, "acct_20468")
        migrating = new.succeed("migrate", environment=environment)
        new.succeed("collectstatic", "--noinput", environment=environment)
        yield Site(environment, login.split()[-1], migrating, decided, failed)


@pytest.fixture(scope="session")
def both(site: Site, old: Release, new: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("both")
    with old.serving(folder, site.environment) as first, new.serving(folder, site.environment) as second:
        yield Pair(first, second)


@pytest.fixture(scope="session")
def both_for_members(
    site: Site, old: Release, new: Release, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    folder, environment = tmp_path_factory.mktemp("members"), site.environment | {"ACCESS": "members"}
    with old.serving(folder, environment) as first, new.serving(folder, environment) as second:
        yield Pair(first, second)


def decide(server: Server, account_id: str = "acct_10234") -> str:
    """Ask for a decision and return its trace's id."""
    status, text = server.ask("/rotation/decide", report(account_id))
    assert status == 200, text
    return str(json.loads(text)["trace_id"])
