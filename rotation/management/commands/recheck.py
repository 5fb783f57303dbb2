"""Prove afterwards that every stored decision follows from the facts stored with it."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from rotation.policy import P7
from rotation.recheck import objection, stored_decisions
from traces.periods import read_day
from traces.upkeep import tallied


class Command(BaseCommand):
    help = (
        "Replay the check over stored decisions and list what would not hold. "
        "Exits 0: all hold; 1: some do not; 2: it could not be told."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=read_day, metavar="2026-11-01", help="the first day in UTC (default: all)")

    def handle(self, **options: Any) -> None:
        decisions, flips = stored_decisions(options["since"]), 0
        counting = tallied(self.stderr, whole=decisions.count, told=lambda done: _told(done, flips))
        with counting as tally, tally.each(decisions) as traces:
            for trace in traces:
                if reason := objection(trace, trace.decision, P7):
                    flips += 1
                    self.stdout.write(f"{trace.trace_id}  {trace.decision}  {reason}")
        self.stdout.write(_told(tally.done, flips))
        if flips:
            sys.exit(1)


def _told(done: int, flips: int) -> str:
    return (
        f"Replayed {done:,} completed decision{'' if done == 1 else 's'} under {P7.version}; {flips:,} would not hold."
    )
