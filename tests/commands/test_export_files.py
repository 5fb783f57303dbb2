"""An exported file stands whole or not at all, and a reader or an operator may stop an export at any time."""

import os
import signal
from io import StringIO
from pathlib import Path

import pytest
from django.db import connection

from tests.commands.conftest import Ran, Terminal, ctrl_c, database_that_fails, run, start, started_many

pytestmark = pytest.mark.django_db


def export(file_format: str, *arguments: str, err: StringIO | None = None) -> Ran:
    return run("export_traces", "--since", "2026-01-01", "--format", file_format, *arguments, err=err)


def test_a_file_is_written_whole_and_for_its_owner_alone_and_no_link_is_followed(tmp_path: Path) -> None:
    started_many(2)
    path, link, other = tmp_path / "traces.csv", tmp_path / "traces.csv.part", tmp_path / "other"
    other.write_text("mine")
    link.symlink_to(other)

    told = export("csv", "--output", str(path)).out

    assert told == f"Wrote 2 traces to {path}.\n"
    assert path.read_bytes().decode() == export("csv").out
    assert path.stat().st_mode & 0o777 == 0o600
    assert not path.is_symlink()
    assert other.read_text() == "mine"
    assert set(tmp_path.iterdir()) == {path, link, other}


def test_a_file_that_is_there_is_overwritten_by_force_alone(tmp_path: Path) -> None:
    path = tmp_path / "traces.jsonl"
    path.write_text("mine")
    to_file = ("jsonl", "--output", str(path))

    refused = export(*to_file)
    assert (refused.code, refused.err) == (1, f"{path} is there already; --force overwrites it.")
    assert path.read_text() == "mine"

    assert export(*to_file, "--force").out == f"Wrote 0 traces to {path}.\n"
    assert path.read_text() == ""


def test_what_is_no_file_is_not_replaced_by_one(tmp_path: Path) -> None:
    """Root would replace /dev/full by a file; a named pipe stands for it here."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    ran = export("csv", "--output", str(pipe), "--force")

    assert (ran.code, ran.err) == (1, f"{pipe} cannot be written: it is not a file.")
    assert pipe.is_fifo()


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    for place in ("absent/traces.csv", "file/traces.csv"):
        ran = export("csv", "--output", str(tmp_path / place))
        assert ran.code == 1
        assert ran.err.startswith(f"{tmp_path / place} cannot be written: N")


def test_ctrl_c_leaves_no_part_of_a_file(tmp_path: Path) -> None:
    started_many(600)
    path = tmp_path / "traces.csv"

    ran = export("csv", "--output", str(path), err=Terminal(on_progress=ctrl_c))

    assert (ran.code, ran.out) == (130, "")
    assert ran.err == f"\r500 of 600\nStopped. {path} was not written.\n"
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_fails_leaves_no_part_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "traces.csv"

    with connection.execute_wrapper(database_that_fails):
        ran = export("csv", "--output", str(path))

    assert (ran.code, ran.err) == (2, f"The ledger failed (OperationalError). {path} was not written.")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db(transaction=True)
def test_a_process_whose_reader_has_gone_ends_without_a_word() -> None:
    started_many(1_000)

    process = start("export_traces", "--since", "2026-01-01", "--format", "csv", "--skip-checks")
    assert process.stdout
    assert process.stderr
    with process, process.stderr as errors:
        assert process.stdout.readline().startswith(b"trace_id,workflow,")
        process.stdout.close()
        told = errors.read()

    assert (process.returncode, told) == (141, b"")


@pytest.mark.django_db(transaction=True)
def test_ctrl_c_says_that_what_was_written_is_not_the_whole() -> None:
    started_many(1_000)

    process = start("export_traces", "--since", "2026-01-01", "--format", "csv", "--skip-checks")
    assert process.stdout
    with process:
        assert process.stdout.readline().startswith(b"trace_id,workflow,")
        # More than a pipe holds is still to come, so it waits for its reader now.
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)

    assert (process.returncode, told) == (130, b"Stopped. The output is incomplete.\n")


def test_days_in_the_wrong_order_are_told() -> None:
    told = export("csv", "--until", "2025-12-31")

    assert (told.code, told.err) == (1, "--until is before --since.")
