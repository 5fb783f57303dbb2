"""Run a command of the service and take its time, its CPU and its peak memory."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile
from time import monotonic

from bench.load import ROOT

MANAGE = (sys.executable, "manage.py")


@dataclass(frozen=True)
class Ran:
    """`peak_bytes` is no less than what this process held itself: the kernel counts from before the exec."""

    code: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    told: str

    @property
    def count(self) -> int:
        """The first number of what was told: of the traces that were deleted, replayed or written."""
        found = re.search(r"[0-9][0-9,]*", self.told)
        return int(found[0].replace(",", "")) if found else 0


def run(command: Sequence[str], environment: Mapping[str, str]) -> Ran:
    with TemporaryFile("w+") as told:
        started = monotonic()
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=told, stderr=told
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = monotonic() - started
        # It was waited for here already.
        process.returncode = os.waitstatus_to_exitcode(status)
        told.seek(0)
        return Ran(process.returncode, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, told.read())
