"""How fast `prune_traces` deletes, and what those who write meanwhile notice of it."""

from math import ceil
from time import monotonic, sleep

from bench.commands import MANAGE, run
from bench.growth_ledgers import Ledger
from bench.lines import p99, say, verdict
from bench.traffic import Plan, Visit, traffic

ROWS = 300_000
ROWS_A_SECOND, TIMES_P99 = 10_000, 2
WRITERS, THINK_SECONDS, QUIET_SECONDS = 8, 0.1, 15


def measure(ledger: Ledger, *, days: int) -> None:
    """Delete the oldest days, about `ROWS` rows but no more than half, while decisions are made at a steady pace."""
    older_than = days - max(1, ceil(days * min(0.5, ROWS / ledger.rows)))
    plan = Plan(port=ledger.server.port, clients=WRITERS, think_seconds=THINK_SECONDS, mix={"decide": 1})
    with traffic(plan) as seen:
        sleep(QUIET_SECONDS)
        started = monotonic()
        ran = run([*MANAGE, "prune_traces", f"--older-than={older_than}d"], ledger.environment)
        ended = monotonic()
        sleep(QUIET_SECONDS)
        visits = seen.visits()
    faults = sum(visit.fault != "ok" for visit in visits)
    if ran.code:
        raise SystemExit(f"prune_traces: {ran.told}")
    before, meanwhile = _p99(visits, started - QUIET_SECONDS * 0.8, started), _p99(visits, started, ended)
    speed = ran.count / ran.seconds
    say(
        f"{'prune_traces':40} {ledger.name:>15}  {ran.count:,} rows in {ran.seconds:.1f} s, {speed:,.0f} a second"
        f" ({'holds' if speed >= ROWS_A_SECOND else 'UNDER'} {ROWS_A_SECOND:,}),"
        f" {ran.cpu_seconds * 1e6 / ran.count:.0f} µs CPU a row"
    )
    say(
        f"{'p99 of a decision meanwhile':40} {ledger.name:>15}  before {before:.1f}, meanwhile {meanwhile:.1f}, after"
        f" {_p99(visits, ended, ended + QUIET_SECONDS):.1f} ms, {meanwhile / before:.2f} times,"
        f" {verdict(meanwhile / before, TIMES_P99)}; {faults} faults"
    )


def _p99(visits: list[Visit], start: float, end: float) -> float:
    return p99([visit.seconds * 1000 for visit in visits if start <= visit.at < end])
