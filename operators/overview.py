"""
How the requests of the last hour, day and week ended, counted.

One statement counts them all, so that a row that ends meanwhile is not counted twice. Each of its parts names the
values of one column and walks in that column's index through the window of each value: no row is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, QuerySet, Value

from traces.codes import BEFORE_ASKING, ErrorCode, Status
from traces.feedback import Feedback
from traces.models import TraceQuerySet

WINDOWS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
PROMPT = "prompt"
Counts = QuerySet[Any, Any]


@dataclass(frozen=True)
class OutcomeCount:
    """`name` is a decision, an error code, or `running`."""

    status: str
    name: str
    count: int


@dataclass(frozen=True)
class PromptFigures:
    """Requests under one prompt version, those of them that a model was asked about, and those the check refused."""

    prompt_version: str
    requests: int
    asked: int
    refused: int

    @property
    def refused_percent(self) -> float | None:
        return 100 * self.refused / self.asked if self.asked else None


@dataclass(frozen=True)
class WindowFigures:
    """What started from `since` on; nothing that was counted zero times is in it."""

    name: str
    since: datetime
    outcomes: tuple[OutcomeCount, ...]
    prompts: tuple[PromptFigures, ...]

    @property
    def requests(self) -> int:
        return sum(outcome.count for outcome in self.outcomes)


def count_windows(
    rows: TraceQuerySet, *, decisions: Sequence[str], prompt_versions: Sequence[str], at: datetime
) -> tuple[WindowFigures, ...]:
    """Count the rows that started before `at`, by the decisions and prompt versions that are named."""
    first, *others = (
        part
        for window, length in WINDOWS.items()
        for part in _parts(
            rows.filter(started_at__gte=at - length, started_at__lt=at),
            window,
            decisions=decisions,
            prompt_versions=prompt_versions,
        )
    )
    counted = list(first.union(*others, all=True))
    return tuple(
        _figures(window, at - length, [row for row in counted if row["window"] == window])
        for window, length in WINDOWS.items()
    )


def count_feedback(*, since: datetime) -> list[Any]:
    """Count what senders said of their results, by workflow and verdict."""
    counted = Feedback.objects.filter(created_at__gte=since).values("workflow", "verdict").annotate(count=Count("*"))
    return list(counted.order_by("workflow", "-count", "verdict"))


def _parts(
    rows: TraceQuerySet, window: str, *, decisions: Sequence[str], prompt_versions: Sequence[str]
) -> list[Counts]:
    """Count by outcome and by prompt version apart: one count by both would sort every row of the window."""

    def count(part: TraceQuerySet, kind: str, name: str, prompt: F | Value) -> Counts:
        named = part.order_by().values(window=Value(window), kind=Value(kind), name=F(name), prompt=prompt)
        return named.annotate(count=Count("*"))

    return [
        count(rows.filter(decision__in=decisions), Status.COMPLETED, "decision", Value("")),
        count(rows.filter(error_code__in=ErrorCode.values), Status.FAILED, "error_code", F("prompt_version")),
        count(rows.filter(status=Status.RUNNING), Status.RUNNING, "status", Value("")),
        count(rows.filter(prompt_version__in=prompt_versions), PROMPT, "prompt_version", Value("")),
    ]


def _figures(window: str, since: datetime, counted: list[dict[str, Any]]) -> WindowFigures:
    failed = [row for row in counted if row["kind"] == Status.FAILED]
    prompts = [row for row in counted if row["kind"] == PROMPT]
    return WindowFigures(
        name=window,
        since=since,
        outcomes=_outcomes([row for row in counted if row["kind"] != PROMPT]),
        prompts=tuple(
            _prompt(row["name"], row["count"], failed) for row in sorted(prompts, key=lambda row: row["name"])
        ),
    )


def _outcomes(counted: list[dict[str, Any]]) -> tuple[OutcomeCount, ...]:
    """Sum up over prompt versions; completed first, then failed, then running, the most frequent of each first."""
    sums: dict[tuple[str, str], int] = {}
    for row in counted:
        key = (row["kind"], row["name"])
        sums[key] = sums.get(key, 0) + row["count"]
    outcomes = [OutcomeCount(status, name, count) for (status, name), count in sums.items()]
    order = [Status.COMPLETED, Status.FAILED, Status.RUNNING]
    return tuple(sorted(outcomes, key=lambda each: (order.index(Status(each.status)), -each.count, each.name)))


def _prompt(prompt_version: str, requests: int, failed: list[dict[str, Any]]) -> PromptFigures:
    codes = {row["name"]: row["count"] for row in failed if row["prompt"] == prompt_version}
    return PromptFigures(
        prompt_version=prompt_version,
        requests=requests,
        asked=requests - sum(codes.get(code, 0) for code in BEFORE_ASKING),
        refused=codes.get(ErrorCode.INVALID_DECISION, 0),
    )
