"""
Times, tokens and refusals of the latest requests of a period, from their rows.

An index that held these columns would be a tenth of the ledger and written with each decision, so about `MOST_ROWS`
rows are read at most. They are all rows since some moment: a link to the list shows just these.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from math import ceil
from typing import Any, NamedTuple

from operators.dashboard_period import Number, Period
from operators.filters import NO_MODEL
from operators.row_words import own_ms
from operators.story import page_address
from traces.codes import ErrorCode, Status
from traces.models import TraceQuerySet

MOST_ROWS = 10_000


class Row(NamedTuple):
    """What is read of a request."""

    trace_id: str
    workflow: str
    prompt_version: str
    provider: str
    model: str | None
    status: str
    error_code: str | None
    latency_ms: int | None
    provider_ms: int | None
    input_tokens: int | None
    output_tokens: int | None


def read_sample(rows: TraceQuerySet, period: Period) -> dict[str, Any]:
    """Describe the latest rows of the period: by workflow, and by prompt version and model."""
    started = period.of(rows).order_by("-started_at").values_list("started_at", flat=True)
    earliest = started[MOST_ROWS - 1 : MOST_ROWS].first()
    sampled = period.since_then(earliest or period.since)
    found = [Row(*row) for row in sampled.of(rows).values_list(*Row._fields)]
    by_workflow: defaultdict[str, list[Row]] = defaultdict(list)
    for row in found:
        by_workflow[row.workflow].append(row)
    return {
        "is_whole": earliest is None,
        "since": sampled.since,
        "requests": sampled.number(len(found), "requests"),
        "workflows": [_workflow(name, each, sampled) for name, each in sorted(by_workflow.items())],
        "prompts": _prompts(found, sampled),
    }


def _workflow(name: str, rows: list[Row], sampled: Period) -> dict[str, Any]:
    provider = sorted((row.provider_ms, row.trace_id) for row in rows if row.provider_ms is not None)
    own = sorted((own, row.trace_id) for row in rows if (own := own_ms(row)) is not None)
    return {
        "name": name,
        "requests": sampled.number(len(rows), f"requests of {name}", workflow__exact=name),
        "times": [
            _percentile(times, percent, f"ms, {percent} % of {name} took no more of {whose} time")
            for times, whose in ((provider, "the provider's"), (own, "our own"))
            for percent in (50, 99)
        ],
        "tokens": [
            f"{sum(row.input_tokens or 0 for row in rows):,}",
            f"{sum(row.output_tokens or 0 for row in rows):,}",
        ],
    }


def _percentile(times: Sequence[tuple[int, str]], percent: int, what: str) -> Number | None:
    """Return the time, by nearest rank, with the trace that took it."""
    if not times:
        return None
    milliseconds, trace_id = times[ceil(len(times) * percent / 100) - 1]
    return Number(milliseconds, what, page_address(trace_id))


def _prompts(rows: list[Row], sampled: Period) -> list[dict[str, Any]]:
    """Count what the check accepted and refused. A request without an answer is neither."""
    accepted = Counter(row[2:5] for row in rows if row.status == Status.COMPLETED)
    refused = Counter(row[2:5] for row in rows if row.error_code == ErrorCode.INVALID_DECISION)
    described = []
    for prompt, provider, model in sorted(accepted | refused, key=str):
        key = (prompt, provider, model)
        who = f"with {prompt} by {model or provider}"
        asked = {"prompt_version__exact": prompt, "provider__exact": provider}
        asked |= {"model__exact": model or NO_MODEL}
        described.append(
            {
                "prompt": prompt,
                "model": model or provider,
                "accepted": sampled.number(accepted[key], f"accepted {who}", **asked, status__exact=Status.COMPLETED),
                "refused": sampled.number(
                    refused[key], f"refused {who}", **asked, error_code__exact=ErrorCode.INVALID_DECISION
                ),
                "percent": 100 * refused[key] / (accepted[key] + refused[key]),
            }
        )
    return described
