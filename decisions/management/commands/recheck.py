"""Prove that every stored decision follows from the facts that are stored with it."""

import sys
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from decisions.recheck import objection, stored_decisions
from decisions.registry import workflows
from decisions.workflow import Workflow
from traces.periods import read_day
from traces.upkeep import report_progress


class Command(BaseCommand):
    help = (
        "Replay the check of every workflow over its stored decisions and list those that would not hold. "
        "Exits 0: all hold; 1: some do not; 2: the replay did not finish."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=read_day, metavar="2026-11-01", help="the first day in UTC (default: all)")

    def handle(self, **options: Any) -> None:
        flips = [self._replay(workflow, options["since"]) for workflow in workflows() if workflow.recheck]
        if any(flips):
            sys.exit(1)

    def _replay(self, workflow: Workflow, since: date | None) -> int:
        decisions, flips = stored_decisions(workflow, since), 0

        def summary(done: int) -> str:
            decided = f"{done:,} completed decision{'' if done == 1 else 's'}"
            return f"Replayed {decided} under {workflow.policy_version}; {flips:,} would not hold."

        reporting = report_progress(self.stderr, count_rows=decisions.count, summarise=summary)
        with reporting as progress, progress.stream_rows(decisions) as traces:
            for trace in traces:
                if reason := objection(workflow, trace, trace.decision):
                    flips += 1
                    self.stdout.write(f"{trace.trace_id}  {trace.decision}  {reason}")
        self.stdout.write(summary(progress.done))
        return flips
