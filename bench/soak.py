"""
Whether anything leaks: `python -m bench.soak --minutes 20 --database postgresql`.

A real server of two workers, visitors who do all that visitors do (bench/visits.py), at about half of what two cores
bear. Every ten seconds it looks at the server's processes, and at PostgreSQL's; a line a minute, then how much each
figure grew from minute 3, by when all is loaded and all threads have been started, to the end. It takes its minutes and
half a minute more.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from time import monotonic, sleep

from bench.lines import p99, say
from bench.moody_provider import moody_provider
from bench.ours import COMMAND, environment, manage, prepare
from bench.served import Databases, Server, databases, serving
from bench.soak_samples import Sample, grown, take
from bench.traffic import Plan, Traffic, Visit, traffic

WORKERS = 2
MIX = {"decide": 50, "form": 15, "look": 10, "fail": 6, "unknown": 5, "refused": 5, "probe": 7, "scrape": 2}


def main() -> None:
    asked = _arguments()
    with databases(asked.database) as places, moody_provider() as provider:
        settings = environment(database_url=places.make("soak"), provider_url=provider, workers=WORKERS)
        prepare(settings)
        manage(settings, "collectstatic", "--noinput", "--verbosity", "0", "--skip-checks")
        with serving(COMMAND, environment=settings, log=places.folder / "log") as server:
            plan = Plan(server.port, clients=asked.clients, think_seconds=asked.think_seconds, mix=MIX)
            with traffic(plan) as seen:
                samples = _watch(server, places, seen, minutes=asked.minutes)
                visits = seen.visits()
    _conclude(samples, visits, settle_seconds=asked.settle_minutes * 60)


def _watch(server: Server, places: Databases, seen: Traffic, *, minutes: float) -> list[Sample]:
    started, samples = monotonic(), []
    while (passed := monotonic() - started) < minutes * 60:
        samples.append(take(server, places))
        if len(samples) % 6 == 1:
            say(f"minute {passed / 60:4.1f}  {len(seen.visits()):,} visits  {samples[-1]}")
        sleep(10)
    return [*samples, take(server, places)]


def _conclude(samples: Sequence[Sample], visits: Sequence[Visit], *, settle_seconds: float) -> None:
    settled = [sample for sample in samples if sample.at >= samples[0].at + settle_seconds]
    if len(settled) < 2:
        raise SystemExit("too short: nothing is left after settling")
    for line in grown(settled, [visit.at for visit in visits]):
        say(line)
    took = [visit.seconds * 1000 for visit in visits if visit.fault == "ok"]
    paid = ", ".join(f"{count:,} {kind}" for kind, count in Counter(visit.kind for visit in visits).most_common())
    say(f"{len(visits):,} visits, p99 {p99(took):.0f} ms: {paid}")
    faults = Counter(f"{visit.kind}: {visit.fault}" for visit in visits if visit.fault != "ok")
    say(f"{faults.total()} faults {dict(faults) or ''}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--settle-minutes", type=float, default=3, help="what is left out at the start")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--think-seconds", type=float, default=0.12, help="between two visits of a client")
    return parser.parse_args()


if __name__ == "__main__":
    main()
