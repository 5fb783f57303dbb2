"""Shared by these tests: the size of a run, and the lines with numbers that it prints at its end."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.boundary.conftest import certificate, make_client, serve, trusted, use_client
from tests.boundary.fault_server import FaultServer, answering
from tests.configuration.serving import prepared
from tests.operators.conftest import keys
from tests.torture.model_server import answer_slowly

# Fixtures of tests/boundary and tests/operators.
__all__ = ["certificate", "keys", "make_client", "serve", "trusted", "use_client"]

LONG = os.environ.get("TORTURE") == "long"
PRINTED_LINES = pytest.StashKey[list[str]]()


class Promise(Protocol):
    def __call__(self, number: int | str, sentence: str) -> None: ...


def sized(short: int, long: int) -> int:
    """Return `long` for `make torture` and `short` for `make test`."""
    return long if LONG else short


@pytest.fixture
def promise(request: pytest.FixtureRequest) -> Promise:
    """Print one line with its numbers at the end of the run, after the number of its promise."""

    def add_line(number: int | str, sentence: str) -> None:
        request.config.stash.setdefault(PRINTED_LINES, []).append(f"promise {number!s:2} {sentence}")

    return add_line


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines: list[str] = config.stash.get(PRINTED_LINES, [])
    if lines:
        terminalreporter.section("promises")
        for line in sorted(lines):
            terminalreporter.write_line(line)


@pytest.fixture
def model() -> Iterator[FaultServer]:
    """A model's server that answers every request with `eligible` after a short, random delay."""
    with answering(answer_slowly) as server:
        yield server


@pytest.fixture
def environment(tmp_path: Path, model: FaultServer, demo_database: str) -> Iterator[dict[str, str]]:
    """The variables of a real web server: an empty ledger with the demo's records, and a model."""
    with prepared(tmp_path, demo_database) as environment:
        yield environment | model_settings(model)


def model_settings(model: FaultServer) -> dict[str, str]:
    """Return the variables of a server that asks this model, with the shortest allowed deadline and grace."""
    return {
        "DECISION_PROVIDER": "openai",
        "OPENAI_MODEL": "fake-model",
        "OPENAI_API_KEY": "sk-canary-key",
        "OPENAI_BASE_URL": model.url(),
        "DECISION_DEADLINE_SECONDS": "1",
        "INTERRUPTED_GRACE_SECONDS": "1",
        "DECISIONS_IN_FLIGHT": "16",
        "WEB_THREADS": "48",
        # A server that is killed, or that runs on a full disk, would leave half a .pyc file beside our modules.
        "PYTHONDONTWRITEBYTECODE": "1",
    }
