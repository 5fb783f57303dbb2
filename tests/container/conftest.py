"""
The real image and its site: non-root, read-only, without rights, behind nginx, with PostgreSQL.

`make container-check` names this folder; other runs ignore it. If a program is missing, no test runs and the run
reports this; under CI=true it is a failure.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.container.podman import Podman, copy_checkout, podman_of_this_environment
from tests.container.programs import missing
from tests.container.site import Site, site

FOLDER = Path(__file__).parent
NOT_RUN = pytest.StashKey[int]()
PRINTED_LINES = pytest.StashKey[list[str]]()
CANARY = "canary-that-no-image-may-hold-0f1e2d3c"
# Stray files of a working tree.
STRAY = (".env", ".env.production", ".git/config", "db.sqlite3", "config/.env", "evals/__pycache__/stray.pyc", "notes")


Figure = Callable[[str], None]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    named = any(Path(arg.partition("::")[0]).resolve().is_relative_to(FOLDER) for arg in config.args)
    return None if named else True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    ours = [item for item in items if item.path.is_relative_to(FOLDER)]
    config.stash[NOT_RUN] = len(ours) if missing() else 0
    if config.stash[NOT_RUN]:
        items[:] = [item for item in items if item not in ours]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if session.config.stash.get(NOT_RUN, 0) and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        in_ci = os.environ.get("CI") == "true"
        session.exitstatus = pytest.ExitCode.TESTS_FAILED if in_ci else pytest.ExitCode.OK


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash.get(NOT_RUN, 0):
        terminalreporter.section("NOT RUN", sep="!", red=True, bold=True)
        terminalreporter.write_line("The image was neither built nor run, for these are missing here:", red=True)
        for name in missing():
            terminalreporter.write_line(f"- {name}", red=True)
        terminalreporter.write_sep("!", red=True, bold=True)
    if lines := config.stash.get(PRINTED_LINES, []):
        terminalreporter.section("figures")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Figure:
    """Print a line with its figures at the end of the run."""
    return request.config.stash.setdefault(PRINTED_LINES, []).append


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working tree after `sh deploy/secrets.sh`, with stray files."""
    folder = tmp_path_factory.mktemp("container") / "checkout"
    copy_checkout(folder)
    for name in STRAY:
        stray = folder / name
        stray.parent.mkdir(exist_ok=True)
        stray.write_text(CANARY)
    subprocess.run(["sh", "deploy/secrets.sh"], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def podman(checkout: Path) -> Podman:
    """Podman with the image that this working tree makes."""
    podman = podman_of_this_environment()
    podman.make_base()
    podman.build(checkout)
    return podman


@pytest.fixture(scope="module")
def running(podman: Podman, checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site with the embedded rules."""
    with site(podman, checkout, tmp_path_factory.mktemp("site")) as made:
        yield made
