"""
What a decision costs, beside the peers: `python -m bench.decisions`, about 12 minutes; prints a table a database.

One worker on one core, 8 clients and an instant provider on the other. All serve at the same time and the load turns
from one to the next, round by round; the first round warms up and is thrown away. CPU is that of the server's
processes, and of PostgreSQL's beside it, from /proc. A ratio is ours to the peer's within a round, so that it holds
on a machine whose speed drifts: its median, lowest and highest. `--workers 2` lets them all use both cores.
`--before FOLDER` adds an earlier release, with its `.venv` in that folder, as one more contender.
"""

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from bench.contenders import CONTENDERS, Contender, Running, running
from bench.instant_provider import instant_provider
from bench.lines import p99, say, spread
from bench.load import send
from bench.processes import Process
from bench.served import Databases, databases, staying_on, two_cores

WARM_UP = 1
OURS = "ours"
MIB = 1024 * 1024


@dataclass(frozen=True)
class Setting:
    workers: int
    clients: int
    rounds: int
    seconds: float


@dataclass(frozen=True)
class Turn:
    """One contender in one round; milliseconds a decision."""

    cpu_ms: float
    database_ms: float
    per_second: float
    took_ms: Sequence[float]
    errors: dict[str, int]
    worker: Process

    @property
    def all_ms(self) -> float:
        return self.cpu_ms + self.database_ms


def main() -> None:
    asked = _arguments()
    before = {"ours, before": replace(CONTENDERS[OURS], checkout=asked.before.resolve())} if asked.before else {}
    all_contenders = {OURS: CONTENDERS[OURS], **before, **CONTENDERS}
    names = [name for name in all_contenders if not asked.only or any(part in name for part in asked.only)]
    contenders = {name: all_contenders[name] for name in names}
    for kind in asked.database:
        measure(kind, contenders, Setting(asked.workers, asked.clients, asked.rounds, asked.seconds))


def measure(kind: str, contenders: Mapping[str, Contender], setting: Setting) -> None:
    server_core, other_core = two_cores() if setting.workers == 1 else (None, None)
    with (
        staying_on(other_core),
        instant_provider() as provider_url,
        databases(kind) as places,
        ExitStack() as serving,
    ):
        each = {
            name: serving.enter_context(
                running(
                    name,
                    contender,
                    databases=places,
                    provider_url=provider_url,
                    workers=setting.workers,
                    core=server_core,
                )
            )
            for name, contender in contenders.items()
        }
        turns = [
            {name: turn(one, places, setting, core=other_core) for name, one in each.items()}
            for _ in range(WARM_UP + setting.rounds)
        ][WARM_UP:]
        say(
            f"{kind}: {setting.workers} worker(s), {setting.clients} clients,"
            f" {setting.rounds} rounds of {setting.seconds:g} s in turn"
        )
        for name, one in each.items():
            tell(name, one, turns)


def turn(one: Running, places: Databases, setting: Setting, *, core: int | None) -> Turn:
    cpu, database = one.server.cpu_seconds, places.cpu_seconds
    load = send(one.plan(clients=setting.clients, seconds=setting.seconds), core=core)
    number = max(1, len(load.answers))
    return Turn(
        cpu_ms=(one.server.cpu_seconds - cpu) * 1000 / number,
        database_ms=(places.cpu_seconds - database) * 1000 / number,
        per_second=number / (load.stopped_at - load.started_at),
        took_ms=[took * 1000 for _, took in load.answers],
        errors=load.errors_by_kind(),
        worker=max(one.server.workers, key=lambda worker: worker.rss),
    )


def tell(name: str, one: Running, turns: Sequence[dict[str, Turn]]) -> None:
    own = [turn[name] for turn in turns]
    took = [ms for turn in own for ms in turn.took_ms] or [0.0, 0.0]
    errors = sum((Counter(turn.errors) for turn in own), Counter[str]())
    worker = own[-1].worker
    say(
        f"  {name:28} {spread([turn.cpu_ms for turn in own])} ms CPU{_of_postgresql(own)}"
        f"  {median(turn.per_second for turn in own):4.0f}/s  p50 {median(took):5.1f}  p99 {p99(took):6.1f} ms"
        f"  {worker.rss / MIB:4.0f} MiB  {worker.threads:3} threads"
        f"  not terminal: {one.rows_not_terminal()}  errors: {dict(errors) or 'none'}{_ratios(name, turns)}"
    )


def _of_postgresql(own: Sequence[Turn]) -> str:
    return f" + {median(turn.database_ms for turn in own):.2f} in PostgreSQL" if any(t.database_ms for t in own) else ""


def _ratios(name: str, turns: Sequence[dict[str, Turn]]) -> str:
    if name == OURS or OURS not in turns[0]:
        return ""
    servers = spread([turn[OURS].cpu_ms / turn[name].cpu_ms for turn in turns])
    with_database = spread([turn[OURS].all_ms / turn[name].all_ms for turn in turns])
    return f"  ours is {servers} of it" + (f", {with_database} with PostgreSQL" if with_database != servers else "")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="of each contender in each round")
    parser.add_argument("--database", nargs="+", choices=("sqlite", "postgresql"), default=("sqlite", "postgresql"))
    parser.add_argument("--only", nargs="+", help="those whose names hold one of these words; ours is `ours`")
    parser.add_argument("--before", type=Path, help="folder of an earlier release")
    return parser.parse_args()


if __name__ == "__main__":
    main()
