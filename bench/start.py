"""
How long a start takes: `python -m bench.start`, a server's to its first answers, and each command's on an empty ledger.

Three ways: warm; without bytecode, as in an image that was not compiled; and, with `--drop-caches`, which root may,
after the kernel has forgotten every file it read. The ways and the commands take turns. Five rounds take 3 minutes.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from os import sync
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from bench.commands import MANAGE, run
from bench.instant_provider import instant_provider
from bench.lines import say, spread
from bench.ours import COMMAND, environment, prepare
from bench.served import databases, serving
from bench.visits import Visitor, decide

DROP_CACHES = Path("/proc/sys/vm/drop_caches")
SUITE = "evals/rotations.jsonl"
# None of them leaves more than a row or two; `eval` looks for a case that is not there.
COMMANDS = (
    ("check",),
    ("migrate",),
    ("doctor",),
    ("trace", "trace_00000000000000000000000000"),
    ("close_interrupted",),
    ("prune_traces",),
    ("export_traces", "--format=csv", f"--since={datetime.now(UTC):%Y-%m-%d}"),
    ("recheck",),
    ("fingerprint",),
    ("eval", SUITE, "--case", "none"),
    ("load_demo_records",),
)


def main() -> None:
    asked = _arguments()
    with databases("sqlite") as places, instant_provider() as provider:
        settings = environment(database_url=places.make("start"), provider_url=provider, workers=asked.workers)
        prepare(settings)
        _measure_server(settings, places.folder / "log", rounds=asked.rounds, ways=_ways(drop=asked.drop_caches))
        _measure_commands(settings, rounds=asked.rounds)


def _ways(*, drop: bool) -> list[str]:
    return ["warm", "without bytecode", *(["cold"] if drop else [])]


def _measure_server(settings: dict[str, str], log: Path, *, rounds: int, ways: list[str]) -> None:
    took: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    _start(settings, log)
    for _ in range(rounds):
        for way, each in took.items():
            with _made_ready(way, settings) as environment_of_way:
                each.append(_start(environment_of_way, log))
    for way, each in took.items():
        alive, decided = ([seconds[kind] for seconds in each] for kind in (0, 1))
        say(f"{'server, ' + way:28} first /healthz after {spread(alive)} s, first decision after {spread(decided)} s")


def _start(settings: dict[str, str], log: Path) -> tuple[float, float]:
    """Return the seconds from the start of the process to the first answer, and to the first decision."""
    started = monotonic()
    with serving(COMMAND, environment=settings, log=log) as server:
        alive = monotonic() - started
        decide(Visitor(server.port))
        return alive, monotonic() - started


@contextmanager
def _made_ready(way: str, settings: dict[str, str]) -> Iterator[dict[str, str]]:
    with TemporaryDirectory() as nothing_compiled:
        if way == "cold":
            sync()
            DROP_CACHES.write_text("3")
        yield settings | ({"PYTHONPYCACHEPREFIX": nothing_compiled} if way == "without bytecode" else {})


def _measure_commands(settings: dict[str, str], *, rounds: int) -> None:
    nothing = [sys.executable, "-c", "import django.conf as of; of.settings.configure(); import django; django.setup()"]
    asked = {"Python and Django alone": nothing, **{words[0]: [*MANAGE, *words] for words in COMMANDS}}
    ran = [{name: run(command, settings) for name, command in asked.items()} for _ in range(rounds)]
    for name in asked:
        seconds, cpu = ([getattr(each[name], kind) for each in ran] for kind in ("seconds", "cpu_seconds"))
        peak = max(each[name].peak_bytes for each in ran)
        say(f"{name:28} {spread(seconds)} s, {spread(cpu)} s CPU, peak {peak / 1e6:.0f} MB, exit {ran[0][name].code}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--drop-caches", action="store_true", help="measure a cold start as well, as root")
    return parser.parse_args()


if __name__ == "__main__":
    main()
