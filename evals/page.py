"""A run's report as one HTML file: the command's facts, no script, and nothing that a browser would have to fetch."""

from collections import Counter
from dataclasses import dataclass, replace

from django.template.loader import render_to_string

from evals.comparison import Comparison
from evals.gates import Verdict
from evals.summary import Summary

# Below this p says no more than that it is small.
SMALLEST_P = 0.0001


@dataclass(frozen=True)
class Column:
    """The figures of this run, or of the rules over the same cases, as they are shown."""

    title: str
    run: Summary

    @property
    def share(self) -> str:
        return percent(self.run.pass_rate.share)

    @property
    def low(self) -> str:
        return percent(self.run.pass_rate.low)

    @property
    def high(self) -> str:
        return percent(self.run.pass_rate.high)

    @property
    def width(self) -> str:
        return percent(self.run.pass_rate.high - self.run.pass_rate.low)


def render_report(summary: Summary, verdict: Verdict, *, comparison: Comparison | None = None) -> str:
    """Write the page; it names cases and says why they are labelled so, and never shows a report's text."""
    rules = replace(summary, outcomes=summary.baseline)
    context = {
        "summary": summary,
        "header": summary.header,
        "verdict": verdict,
        "columns": (Column("This run", summary), Column("Rules", rules)),
        "fault_codes": Counter(str(outcome.error_code) for outcome in summary.faults).most_common(),
        "pass_hat": None if summary.pass_hat is None else percent(summary.pass_hat),
        "milliseconds": [f"{time:,}" for time in summary.provider_ms or ()],
        "tokens": [f"{count:,}" for count in summary.tokens] if any(summary.tokens) else [],
        "comparison": comparison,
        "p": comparison and small(comparison.p),
    }
    return render_to_string("evals/report.html", context)


def percent(share: float) -> str:
    return f"{share:.1%}"


def small(p: float) -> str:
    return f"{p:.4f}" if p >= SMALLEST_P else f"less than {SMALLEST_P}"
