"""A run with its verdict, as reports show it and the history keeps it."""

from dataclasses import dataclass
from datetime import datetime

from evals.comparison import Comparison
from evals.gates import Gate, Verdict
from evals.summary import Summary


@dataclass(frozen=True)
class JudgedRun:
    summary: Summary
    verdict: Verdict
    gate: Gate
    started_at: datetime
    finished_at: datetime
    comparison: Comparison | None = None

    @property
    def lasted(self) -> str:
        minutes, seconds = divmod(round((self.finished_at - self.started_at).total_seconds()), 60)
        return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"

    @property
    def threshold(self) -> str:
        """Return what the low end of the pass rate's interval must reach."""
        return f"{self.gate.minimum_low * 100:g}%"
