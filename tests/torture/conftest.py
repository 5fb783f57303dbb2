"""What the torture shares: how much of it there is in this run, and where its numbers are printed."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.boundary.conftest import make_client, serve, use_client
from tests.boundary.fault_server import FaultServer, fault_server
from tests.configuration.serving import prepared
from tests.torture.model_server import answering_slowly

# Fixtures of theirs.
__all__ = ["make_client", "serve", "use_client"]

LONG = os.environ.get("TORTURE") == "long"
TOLD = pytest.StashKey[list[str]]()


class Promise(Protocol):
    def __call__(self, number: int | str, sentence: str) -> None: ...


def sized(short: int, long: int) -> int:
    """Choose how many rounds this run makes."""
    return long if LONG else short


@pytest.fixture
def promise(request: pytest.FixtureRequest) -> Promise:
    """Print one line with its numbers at the end of the run, under the number of the promise it is about."""

    def tell(number: int | str, sentence: str) -> None:
        request.config.stash.setdefault(TOLD, []).append(f"promise {number!s:2} {sentence}")

    return tell


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    told: list[str] = config.stash.get(TOLD, [])
    if told:
        terminalreporter.section("promises")
        for line in sorted(told):
            terminalreporter.write_line(line)


@pytest.fixture
def model() -> Iterator[FaultServer]:
    """A model's server that answers every question with `eligible`, after a while."""
    with fault_server(answering_slowly) as server:
        yield server


@pytest.fixture
def environment(tmp_path: Path, model: FaultServer, demo_database: str) -> Iterator[dict[str, str]]:
    """Everything a real web server needs: an empty ledger of its own with the demo's records, and a model."""
    with prepared(tmp_path, demo_database) as environment:
        yield environment | asking(model)


def asking(model: FaultServer) -> dict[str, str]:
    """Let a server ask this model, with the shortest deadline and grace there are."""
    return {
        "DECISION_PROVIDER": "openai",
        "OPENAI_MODEL": "fake-model",
        "OPENAI_API_KEY": "sk-canary-key",
        "OPENAI_BASE_URL": model.url(),
        "DECISION_DEADLINE_SECONDS": "1",
        "INTERRUPTED_GRACE_SECONDS": "1",
        "WEB_THREADS": "16",
        # Killed, or on a full disk, a server would leave half a file beside our modules.
        "PYTHONDONTWRITEBYTECODE": "1",
    }
