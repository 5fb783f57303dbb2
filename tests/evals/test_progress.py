"""How far a run is, on a terminal and in a log."""

import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from threading import Event

import pytest
from django.core.management import call_command
from django.core.management.base import OutputWrapper

from evals.progress import show_progress
from tests.evals.conftest import RightProvider

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_a_bar_and_a_log_gets_plain_lines_from_the_start(
    suite: Path, gate: Callable[..., None], right: RightProvider
) -> None:
    terminal, log = Terminal(), StringIO()

    for place in (terminal, log):
        call_command("eval", str(suite), provider="right", stdout=StringIO(), stderr=place)

    assert terminal.getvalue().startswith(f"\r{'·' * 30} 0/6 after ")
    assert re.search(rf"\r{'█' * 30} 6/6 after \d+ s\n$", terminal.getvalue())
    assert re.fullmatch(r"0/6 after \d+ s\n(\d/6 after \d+ s\n)*6/6 after \d+ s\n", log.getvalue())


def test_progress_is_shown_by_time_while_no_case_ends() -> None:
    log, seen = StringIO(), Event()

    def count() -> int:
        # The third line is shown by the clock, while the first case is still waiting.
        if log.getvalue().count("\n") >= 2:
            seen.set()
        return 0

    with show_progress(OutputWrapper(log), count=count, total=6, seconds=0.001):
        assert seen.wait(timeout=30)


class ReaderGone(StringIO):
    tries = 0

    def write(self, text: str) -> int:
        self.tries += 1
        raise BrokenPipeError


def test_a_run_goes_on_where_nobody_reads_its_progress() -> None:
    gone = ReaderGone()

    with show_progress(OutputWrapper(gone), count=lambda: 1, total=2, seconds=60):
        at_start = gone.tries

    assert (at_start, gone.tries) == (1, 2)
