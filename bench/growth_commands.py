"""What the commands take on ledgers of several sizes: those for one trace in turn, those for many by the row."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.commands import MANAGE, Ran, run
from bench.growth_ledgers import Ledger
from bench.lines import say, spread

ROUNDS = 5
# Of a larger ledger the last million rows, or so: the command is the same, and the run has an end.
MOST_ROWS = 1_000_000


def measure(ledgers: Sequence[Ledger], *, days: float) -> None:
    _measure_quick(ledgers)
    for ledger in ledgers:
        if ledger.rows:
            _measure_long(ledger, days=days)


def _measure_quick(ledgers: Sequence[Ledger]) -> None:
    for name in ("close_interrupted", "doctor", "trace"):
        took: dict[str, list[float]] = {ledger.name: [] for ledger in ledgers}
        for number in range(ROUNDS):
            for ledger in ledgers:
                about = [ledger.filled.ids[number]] if name == "trace" and ledger.rows else []
                if name != "trace" or about:
                    took[ledger.name].append(_run(ledger, name, *about).seconds)
        for ledger_name, seconds in took.items():
            if seconds:
                say(f"{name:40} {ledger_name:>15}  {spread(seconds)} s")


def _measure_long(ledger: Ledger, *, days: float) -> None:
    since = datetime.now(UTC) - timedelta(days=ceil(days * min(1, MOST_ROWS / ledger.rows)))
    with TemporaryDirectory() as folder:
        for name in ("csv", "jsonl"):
            path = Path(folder, name)
            ran = _run(ledger, "export_traces", f"--format={name}", f"--since={since:%Y-%m-%d}", f"--output={path}")
            _say_rate(ledger, f"export_traces {name}, {path.stat().st_size / 1e6:.0f} MB", ran)
    _say_rate(ledger, "recheck", _run(ledger, "recheck", f"--since={since:%Y-%m-%d}"))


def _run(ledger: Ledger, name: str, *about: str) -> Ran:
    ran = run([*MANAGE, name, *about], ledger.environment)
    # A doctor that warns is none that fails.
    if ran.code not in ((0, 1) if name == "doctor" else (0,)):
        raise SystemExit(f"{name}: {ran.told}")
    return ran


def _say_rate(ledger: Ledger, name: str, ran: Ran) -> None:
    speed, cost = ran.count / ran.seconds, ran.cpu_seconds * 1e6 / ran.count
    say(
        f"{name:40} {ledger.name:>15}  {ran.count:,} rows in {ran.seconds:.1f} s, {speed:,.0f} a second,"
        f" {cost:.0f} µs CPU a row, peak {ran.peak_bytes / 1e6:.0f} MB"
    )
