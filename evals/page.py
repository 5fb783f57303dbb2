"""A run's report as one HTML file: the facts that the command prints, no script, and nothing to fetch."""

from collections import Counter
from dataclasses import replace
from typing import Any

from django.template.loader import render_to_string

from evals.judged import JudgedRun
from evals.summary import Summary

# A smaller p is shown as "less than" this one.
SMALLEST_P = 0.0001


def render_report(run: JudgedRun, *, workflow: str) -> str:
    """Render the page. It names cases and says why they are labelled so, and never shows a report's text."""
    summary, comparison = run.summary, run.comparison
    columns = [_column("This run", summary), _column("Rules", replace(summary, outcomes=summary.baseline))]
    earlier = comparison.earlier if comparison else None
    context = {
        "run": run,
        "summary": summary,
        "header": summary.header,
        "verdict": run.verdict,
        "columns": columns,
        "forbidden": [
            {
                "result": each,
                "counts": [column["figures"][each.slug] for column in columns],
                "outcomes": summary.outcomes_with(each),
                "earlier": earlier.figures[each.slug] if earlier else None,
            }
            for each in summary.forbidden
        ],
        "measures": [
            {"label": row.measure.label, "values": [_percent(row.value), _percent(row.baseline)]}
            for row in summary.measured_figures
        ],
        "fault_codes": Counter(str(outcome.error_code) for outcome in summary.faults).most_common(),
        "pass_hat": None if summary.pass_hat is None else f"{summary.pass_hat:.1%}",
        "milliseconds": [f"{time:,}" for time in summary.provider_ms or ()],
        "tokens": [f"{count:,}" for count in summary.tokens] if any(summary.tokens) else [],
        "comparison": comparison,
        "p": comparison and (f"{comparison.p:.4f}" if comparison.p >= SMALLEST_P else f"less than {SMALLEST_P}"),
        "footer": (f"{workflow}/footer.html", "evals/footer.html"),
    }
    return render_to_string("evals/report.html", context)


def _percent(share: float | None) -> str:
    return "nothing to measure" if share is None else f"{share:.1%}"


def _column(title: str, run: Summary) -> dict[str, Any]:
    rate = run.pass_rate
    shares = {"share": rate.share, "low": rate.low, "high": rate.high, "width": rate.high - rate.low}
    percentages = {name: f"{share:.1%}" for name, share in shares.items()}
    return {"title": title, "run": run, "figures": run.figures, **percentages}
