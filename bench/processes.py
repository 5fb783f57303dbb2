"""What the kernel says of a process and all its children: CPU, memory, threads, open descriptors. From /proc alone."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# In /proc/PID/stat, counted behind the command's name: user and system time, its own and that of children that ended.
TIMES = slice(11, 15)


@dataclass(frozen=True)
class Process:
    """Memory in bytes: `rss` counts what is shared with others in full, `pss` its share of it, `own` none of it."""

    pid: int
    rss: int
    pss: int
    own: int
    threads: int
    descriptors: int


def cpu_seconds(pid: int) -> float:
    """Add up what a process and its children have used, those that ended among them; to a hundredth of a second."""
    ticks = 0
    for each in family(pid):
        # One that has ended meanwhile is in its parent's times.
        with suppress(FileNotFoundError, ProcessLookupError):
            ticks += sum(int(time) for time in _fields(each)[TIMES])
    return ticks / TICKS_PER_SECOND


def family(pid: int) -> Iterator[int]:
    """Name a process, its children, and theirs."""
    yield pid
    with suppress(FileNotFoundError, ProcessLookupError):
        for child in children(pid):
            yield from family(child)


def children(pid: int) -> list[int]:
    threads = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for thread in threads for child in (thread / "children").read_text().split()]


def workers(pid: int) -> list[Process]:
    """Look at the processes that answer requests: a server's children or, without any, the server itself."""
    return [look_at(each) for each in children(pid) or [pid]]


def look_at(pid: int) -> Process:
    place = Path(f"/proc/{pid}")
    memory = dict(line.split(":", 1) for line in (place / "smaps_rollup").read_text().splitlines()[1:])
    return Process(
        pid=pid,
        rss=_bytes(memory["Rss"]),
        pss=_bytes(memory["Pss"]),
        own=_bytes(memory["Pss_Anon"]),
        threads=len(list((place / "task").iterdir())),
        descriptors=len(list((place / "fd").iterdir())),
    )


def _bytes(told: str) -> int:
    """Read `    4321 kB`."""
    return int(told.split(maxsplit=1)[0]) * 1024


def _fields(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
