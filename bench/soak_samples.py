"""What the processes of a server hold at a moment, and how that grew from the first moment to the last."""

from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import linear_regression, median
from time import monotonic

from bench.lines import verdict
from bench.processes import family, look_at
from bench.served import Databases, Server

MOST_PERCENT = 5
# Memory jumps by a page or an arena: the ends that are compared are medians of a minute.
A_MINUTE = 6


@dataclass(frozen=True)
class Sample:
    """
    Bytes and counts, added up over the server's processes; `database` is PostgreSQL, which SQLite has none of.

    Its buffer of 128 MB, which fills for hours, is not its processes' own.
    """

    at: float
    pss: int
    rss: int
    largest_worker_pss: int
    descriptors: int
    threads: int
    cpu_seconds: float
    database_own: int
    database_processes: int
    database_cpu_seconds: float

    def __str__(self) -> str:
        return (
            f"PSS {self.pss / 1e6:.1f} MB, RSS {self.rss / 1e6:.1f} MB, {self.descriptors} descriptors,"
            f" {self.threads} threads; PostgreSQL {self.database_own / 1e6:.1f} MB, {self.database_processes} processes"
        )


def take(server: Server, places: Databases) -> Sample:
    ours = [look_at(pid) for pid in family(server.process.pid)]
    theirs = [look_at(pid) for pid in family(places.server.running[0].pid)] if places.server else []
    return Sample(
        at=monotonic(),
        pss=sum(each.pss for each in ours),
        rss=sum(each.rss for each in ours),
        largest_worker_pss=max(worker.pss for worker in server.workers),
        descriptors=sum(each.descriptors for each in ours),
        threads=sum(each.threads for each in ours),
        cpu_seconds=server.cpu_seconds,
        database_own=sum(each.own for each in theirs),
        database_processes=len(theirs),
        database_cpu_seconds=places.cpu_seconds,
    )


def grown(samples: Sequence[Sample], visits_at: Sequence[float]) -> Iterator[str]:
    """Tell each figure's first and last minute, its growth and its slope."""
    hours = [(sample.at - samples[0].at) / 3600 for sample in samples]
    for name in ("pss", "rss", "largest_worker_pss", "database_own"):
        values = [getattr(sample, name) / 1e6 for sample in samples]
        first, last = median(values[:A_MINUTE]), median(values[-A_MINUTE:])
        if first:
            percent, slope = (last / first - 1) * 100, linear_regression(hours, values).slope
            told = f"{first:8.1f} to {last:8.1f} MB, {percent:+.1f} %, {slope:+.1f} MB an hour"
            yield f"{name:20} {told}, {verdict(percent, MOST_PERCENT)}"
    for name in ("descriptors", "threads", "database_processes"):
        counts = [getattr(sample, name) for sample in samples]
        first, last = median(counts[:A_MINUTE]), median(counts[-A_MINUTE:])
        if first:
            held = verdict((last / first - 1) * 100, MOST_PERCENT)
            yield f"{name:20} {first:g} to {last:g}, between {min(counts)} and {max(counts)}, {held}"
    for name in ("cpu_seconds", "database_cpu_seconds"):
        costs = list(_costs(samples, visits_at, name))
        first, last = median(costs[:A_MINUTE]), median(costs[-A_MINUTE:])
        yield f"{name:20} {first:.2f} to {last:.2f} ms a visit"
    seconds = samples[-1].at - samples[0].at
    share = (samples[-1].cpu_seconds - samples[0].cpu_seconds) / seconds
    yield f"{'load':20} {share:.0%} of a core in the server"


def _costs(samples: Sequence[Sample], visits_at: Sequence[float], name: str) -> Iterator[float]:
    """Take the milliseconds of CPU of each visit, from sample to sample."""
    ordered = sorted(visits_at)
    for before, after in pairwise(samples):
        visits = bisect(ordered, after.at) - bisect(ordered, before.at)
        if visits:
            yield (getattr(after, name) - getattr(before, name)) * 1000 / visits
