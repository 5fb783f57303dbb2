"""What a decision costs in CPU on ledgers of several sizes, in turn."""

from collections.abc import Sequence

from bench.growth_ledgers import Ledger
from bench.lines import say, spread
from bench.load import Plan, send

CLIENTS = 8


def measure(ledgers: Sequence[Ledger], *, rounds: int, seconds: float) -> None:
    """Keep one server busy at a time; the first round warms up and is not counted."""
    turns = [{ledger.name: _turn(ledger, seconds) for ledger in ledgers} for _ in range(rounds + 1)][1:]
    smallest = ledgers[0].name
    for ledger in ledgers:
        ours, theirs = ([turn[ledger.name][kind] for turn in turns] for kind in (0, 1))
        ratios = [sum(turn[ledger.name]) / sum(turn[smallest]) for turn in turns]
        say(
            f"{'CPU of a decision':40} {ledger.name:>15}  {spread(ours)} ms in the server, {spread(theirs)} ms in the"
            f" database's own  {spread(ratios)} of {smallest}"
        )


def _turn(ledger: Ledger, seconds: float) -> tuple[float, float]:
    """Return the CPU milliseconds of a decision in the server, and in the database's own processes."""
    ours, theirs = ledger.server.cpu_seconds, ledger.databases.cpu_seconds
    load = send(Plan(port=ledger.server.port, clients=CLIENTS, seconds=seconds))
    if load.errors:
        raise SystemExit(f"{ledger.name}: {load.errors_by_kind()}")
    count = len(load.answers) / 1000
    return (ledger.server.cpu_seconds - ours) / count, (ledger.databases.cpu_seconds - theirs) / count
