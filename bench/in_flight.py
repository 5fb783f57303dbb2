"""
Many waiting at once: `python -m bench.in_flight --clients 200 --provider-seconds 2 --workers 2`, 3 minutes a database.

Each contender serves alone, on all cores. The clients start one after another over one time of the provider's, so that
they never move in step; once that time and another have passed, whole times of the provider's are measured, all clients
still sending; what is answered after that is not counted. The ideal is a machine that only waits: clients by the
provider's time. `/healthz` is asked ten times a second meanwhile. Prints a line for each contender.
"""

import argparse
import re
import resource
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import active_children
from threading import Event
from time import monotonic, sleep

from bench.contenders import CONTENDERS, Contender, Running, running
from bench.instant_provider import instant_provider
from bench.lines import p99, say
from bench.load import Load, finish, start
from bench.processes import Process, cpu_seconds
from bench.served import Databases, Server, databases

MIB = 1024 * 1024
# Threads beyond those that wait for the provider: for pages, probes and whatever the two workers do not share evenly.
SPARE_THREADS = 32
PROBES_PER_SECOND = 10
POOL_TIMEOUT = re.compile("PoolTimeout|QueuePool limit")
LOCKED = re.compile("database is locked|OperationalError")
SYNCHRONOUS = ("FastAPI, dict, .parse", "FastAPI, SQLAlchemy, .parse")


@dataclass(frozen=True)
class Setting:
    clients: int
    provider_seconds: float
    workers: int
    times: int

    @property
    def ideal(self) -> float:
        """Answers a second."""
        return self.clients / self.provider_seconds

    @property
    def settled(self) -> float:
        """Seconds from the first client's start until what follows is steady."""
        return 2 * self.provider_seconds

    @property
    def seconds(self) -> float:
        return self.settled + self.times * self.provider_seconds


@dataclass
class Seen:
    """What was measured beside the load while it ran."""

    probes: list[tuple[float, float]]
    processes: Sequence[Process] = ()
    provider_share: float = 0


def main() -> None:
    asked = _arguments()
    setting = Setting(asked.clients, asked.provider_seconds, asked.workers, asked.times)
    # Two sockets for each that waits; what starts from here inherits it.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    for kind in asked.database:
        chosen = contenders(setting, keeps_rows_only=kind != asked.database[0])
        say(f"{kind}: {setting.clients} clients, {setting.provider_seconds:g} s, {setting.workers} workers")
        for name, contender in chosen.items():
            if not asked.only or any(part in name for part in asked.only):
                with instant_provider(setting.provider_seconds) as url, databases(kind) as places:
                    measure(name, contender, setting, provider_url=url, places=places)


def contenders(setting: Setting, *, keeps_rows_only: bool) -> dict[str, Contender]:
    """Give each as many threads as there are clients, and FastAPI's plain functions also their default of 40."""
    threads = setting.clients + 1 + SPARE_THREADS
    sized = {"WEB_THREADS": str(threads), "DECISIONS_IN_FLIGHT": str(setting.clients), "READS_IN_FLIGHT": "1"}
    chosen = {"ours": replace(CONTENDERS["ours"], environment=sized)}
    for name in SYNCHRONOUS:
        chosen[f"{name}, {threads} threads"] = replace(CONTENDERS[name], threads=threads)
    chosen[f"{SYNCHRONOUS[0]}, 40 threads"] = CONTENDERS[SYNCHRONOUS[0]]
    chosen["FastAPI async, dict, .parse"] = CONTENDERS["FastAPI async, dict, .parse"]
    return {name: one for name, one in chosen.items() if one.table or not keeps_rows_only}


def measure(name: str, contender: Contender, setting: Setting, *, provider_url: str, places: Databases) -> None:
    serving = running(name, contender, databases=places, provider_url=provider_url, workers=setting.workers)
    with serving as one, ThreadPoolExecutor(1) as beside:
        stopping = Event()
        plan = one.plan(clients=setting.clients, seconds=setting.seconds, ramp_seconds=setting.provider_seconds)
        provider = active_children()[0].pid or 0
        used, began = cpu_seconds(provider), monotonic()
        sending = start(plan)
        probing: Future[list[tuple[float, float]]] = beside.submit(_probe, one.server, stopping)
        sleep(setting.seconds)
        seen = Seen([], one.server.workers, (cpu_seconds(provider) - used) / (monotonic() - began))
        load = finish(sending)
        stopping.set()
        seen.probes = probing.result()
        tell(name, one, setting, load, seen)


def _probe(server: Server, stopping: Event) -> list[tuple[float, float]]:
    """Ask until told to stop; a probe that fails took for ever."""
    probes = []
    while not stopping.wait(1 / PROBES_PER_SECOND):
        asked_at = monotonic()
        try:
            server.get("/healthz")
        except OSError:
            probes.append((asked_at, float("inf")))
        else:
            probes.append((asked_at, monotonic() - asked_at))
    return probes


def tell(name: str, one: Running, setting: Setting, load: Load, seen: Seen) -> None:
    first = load.started_at + setting.settled
    last = load.started_at + setting.seconds
    took = [seconds for sent_at, seconds in load.answers if first <= sent_at + seconds < last] or [0.0, 0.0]
    waited = [seconds * 1000 for asked_at, seconds in seen.probes if first <= asked_at < last] or [0.0, 0.0]
    share = len(took) / (last - first) / setting.ideal
    largest = max(seen.processes, key=lambda process: process.pss)
    log = one.server.log.read_text(errors="replace")
    say(
        f"  {name:40} {share:5.1%} of the ideal {setting.ideal:.0f}/s  p99 {p99(took) / setting.provider_seconds:.2f}"
        f" of the provider's time  largest worker {largest.pss / MIB:.0f} MiB PSS, {largest.threads} threads"
        f"  /healthz p99 {p99(waited):.0f} ms  not terminal: {one.rows_not_terminal()}"
        f"  errors: {load.errors_by_kind() or 'none'}  in the log: {len(POOL_TIMEOUT.findall(log))} pool timeouts,"
        f" {len(LOCKED.findall(log))} locks or lost connections"
        f"  (a core's share: load {load.core_share:.0%}, provider {seen.provider_share:.0%})"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--provider-seconds", type=float, default=2)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--times", type=int, default=4, help="how many of the provider's times are measured")
    parser.add_argument("--database", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    parser.add_argument("--only", nargs="+", help="those whose names hold one of these words")
    return parser.parse_args()


if __name__ == "__main__":
    main()
