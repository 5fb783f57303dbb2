"""A command ends without a traceback where nobody reads its output any more, or where its output is full."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.environment import BASE_DIR
from tests.commands.conftest import start
from tests.configuration.conftest import VALID

pytestmark = pytest.mark.django_db(transaction=True)

COMMANDS = (
    "help",
    "recheck --skip-checks",
    "create_operator --skip-checks",
    "export_traces --since 2026-01-01 --format csv --skip-checks",
    "eval rotations --case boundary-age-0 --provider rules",
)


@pytest.mark.any_database
def test_a_command_whose_reader_has_gone_ends_without_a_word() -> None:
    reading, writing = os.pipe()
    os.close(reading)

    # Side by side, because each one takes a second.
    started = {command: start(*command.split(), stdout=writing) for command in COMMANDS}
    os.close(writing)

    for command, process in started.items():
        _, told = process.communicate(timeout=60)
        # An operator is a line of the audit, and an eval shows its progress.
        assert (process.returncode, b"Broken" in told, b"Traceback" in told) == (141, False, False), command


@pytest.mark.any_database
def test_a_command_needs_no_standard_output() -> None:
    command = f"{sys.executable} manage.py check >&-"
    closed = subprocess.run(["sh", "-c", command], env=VALID, capture_output=True, cwd=BASE_DIR, check=False)

    assert (closed.returncode, b"Traceback" in closed.stderr) == (0, False)


@pytest.mark.any_database
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_an_output_that_is_full_is_an_error_in_a_sentence() -> None:
    with Path("/dev/full").open("wb") as full:
        process = start("export_owners", "--skip-checks", stdout=full.fileno())
        _, told = process.communicate(timeout=60)

    assert (process.returncode, told) == (2, b"Nothing more can be written: No space left on device.\n")
