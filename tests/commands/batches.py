"""A file of reports for `decide_many`, and what the command made of it."""

import csv
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from decisions.batch_file import DIGEST_LENGTH, read_batch
from decisions.registry import workflows
from rotation.models import Credential
from tests.commands.conftest import Ran, Terminal, run
from tests.conftest import REPORT
from tests.fakes import FakeProvider

HEADER = ("account_id", "credential_report")
CALLS_ON = "0 of 2 lines are done; the same command goes on."


class Batch:
    """A CSV file, what the command last printed, and what it wrote."""

    def __init__(self, folder: Path) -> None:
        self.file, self.out = folder / "reports.csv", folder / "result.csv"

    def write(self, *lines: tuple[str, ...], header: tuple[str, ...] = HEADER) -> None:
        with self.file.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *lines])

    def run(self, *options: str, err: Terminal | None = None) -> Ran:
        return run("decide_many", str(self.file), "--out", str(self.out), *options, err=err)

    def results(self) -> list[dict[str, str]]:
        with self.out.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def column(self, name: str) -> list[str]:
        return [result[name] for result in self.results()]

    def key(self, line: int) -> str:
        digest = read_batch(self.file.read_bytes(), workflows()).digest
        assert len(digest) == DIGEST_LENGTH
        return f"batch-{digest}-{line}"


@pytest.fixture
def batch(tmp_path: Path, credential: Credential, provider: FakeProvider) -> Batch:
    """Two reports on an account with a record."""
    made = Batch(tmp_path)
    made.write(("acct_10234", REPORT), ("acct_10234", f"{REPORT} Again."))
    return made


@pytest.fixture(autouse=True)
def sigterm_restored() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)
