"""Run a command here or in a process of its own, on a terminal or none, and stop it in the middle."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone

from config.environment import BASE_DIR
from tests.configuration.conftest import VALID
from tests.ledger.rows import COMPLETED_ROW
from traces.identifiers import new_trace_id
from traces.models import TraceRecord


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


class Terminal(StringIO):
    """Somebody looks on, and may do something each time that progress is shown."""

    def __init__(self, *, on_progress: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        self.on_progress = on_progress

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        written = super().write(text)
        if text.startswith("\r"):
            self.on_progress()
        return written


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """Let Ctrl-C reach commands, also where the tests were started in the background and so without it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def ctrl_c() -> None:
    signal.raise_signal(signal.SIGINT)


def run(command: str, *arguments: str, out: StringIO | None = None, err: StringIO | None = None, **options: Any) -> Ran:
    out, err = out or StringIO(), err or StringIO()
    try:
        call_command(command, *arguments, stdout=out, stderr=err, **options)
    except SystemExit as ended:
        return Ran(int(str(ended.code)), out.getvalue(), err.getvalue())
    except CommandError as error:
        return Ran(error.returncode, out.getvalue(), f"{err.getvalue()}{error}")
    return Ran(0, out.getvalue(), err.getvalue())


def start(
    command: str, *arguments: str, database_url: str | None = None, stdout: int = subprocess.PIPE
) -> subprocess.Popen[bytes]:
    """Start manage.py on this test's database, or on another."""
    return subprocess.Popen(
        [sys.executable, "manage.py", command, *arguments],
        env={**VALID, "DATABASE_URL": database_url or url_of_this_database()},
        cwd=BASE_DIR,
        stdout=stdout,
        stderr=subprocess.PIPE,
    )


def url_of_this_database() -> str:
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{known['NAME']}"
    named = {name.lower(): known[name] for name in ("HOST", "PORT", "USER", "PASSWORD") if known[name]}
    return f"postgresql:///{known['NAME']}?{urlencode(named)}"


def started(*, days_ago: float = 0, row: Mapping[str, Any] = COMPLETED_ROW, **changes: Any) -> TraceRecord:
    """Store a row that was started so long ago."""
    (trace,) = started_many(1, days_ago=days_ago, row=row, **changes)
    return trace


def started_many(
    count: int, *, days_ago: float = 0, row: Mapping[str, Any] = COMPLETED_ROW, **changes: Any
) -> list[TraceRecord]:
    known = {**row} | {"started_at": timezone.now() - timedelta(days=days_ago)} | changes
    return TraceRecord.objects.bulk_create([TraceRecord(**{"trace_id": new_trace_id(), **known}) for _ in range(count)])


def database_that_fails(execute: Callable[..., Any], sql: str, *more: Any) -> object:
    raise OperationalError("canary: the text of an exception")
