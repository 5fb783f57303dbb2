"""The overview in the admin: the figures of three windows, each number a link to its rows in the list."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from decisions.record_ages import describe_oldest_source
from decisions.registry import trusted_records
from decisions.workflow import FollowUp
from operators.filters import ALL, STATUS, seen_values
from operators.follow_ups import LOOKS_BACK, MOST_DECISIONS, follow_ups, unmoved
from operators.overview import WINDOWS, OutcomeCount, PromptFigures, WindowFigures, count_feedback, count_windows
from operators.story import list_address, page_address
from traces.codes import ErrorCode, Source, Status
from traces.models import TraceQuerySet, TraceRecord

SOURCE = "source__exact"
# The list's parameter for what an outcome of each status is called by.
NAMED_BY = {Status.COMPLETED: "decision__exact", Status.FAILED: "error_code__exact", Status.RUNNING: STATUS}
# The chart, in pixels: its longest bar, the height of a row, the room for a letter, the gap in front of a bar.
LONGEST, ROW, LETTER, GAP = 240, 22, 9, 8


@dataclass(frozen=True)
class Bar:
    """`top` and `width` are in pixels; whatever was counted at all can be seen."""

    outcome: OutcomeCount
    address: str
    top: int
    width: int


@dataclass(frozen=True)
class PromptRow:
    figures: PromptFigures
    requests_address: str
    refused_address: str


@dataclass(frozen=True)
class WindowSection:
    """One window as the page shows it; in its chart `names` and `numbers` end there, and bars start at `start`."""

    figures: WindowFigures
    address: str
    names: int
    numbers: int
    start: int
    width: int
    height: int
    bars: tuple[Bar, ...]
    prompts: tuple[PromptRow, ...]


@require_safe
@permission_required("traces.view_tracerecord", raise_exception=True)
def overview(request: HttpRequest) -> HttpResponse:
    """Close first what was left running, as the list does: the numbers and the rows behind them should agree."""
    at = timezone.now()
    TraceRecord.objects.close_interrupted(at=at)
    source = request.GET.get(SOURCE)
    chosen = source if source in Source.values else None
    rows = TraceRecord.objects.filter(source=chosen) if chosen else TraceRecord.objects.exclude(source=Source.EVAL)
    windows = count_windows(
        rows, decisions=seen_values("decision"), prompt_versions=seen_values("prompt_version"), at=at
    )
    context = {
        **admin.site.each_context(request),
        "title": "Overview",
        "at": at,
        "sources": [(value, name, value == chosen) for value, name in ((None, "All but evals"), *Source.choices)],
        "sections": [_section(figures, at=at, source=chosen) for figures in windows],
        "oldest": _oldest_running(rows, at=at),
        "records": [describe_oldest_source(records, now=at)[1] for _, records in trusted_records()],
        "follow_ups": [_follow_up(*each, at=at) for each in follow_ups().items()],
        "most_followed": MOST_DECISIONS,
        "followed_days": LOOKS_BACK.days,
        "feedback": count_feedback(since=at - WINDOWS["week"]),
    }
    return TemplateResponse(request, "admin/traces/overview.html", context)


def _oldest_running(rows: TraceQuerySet, *, at: datetime) -> dict[str, Any] | None:
    oldest = rows.filter(status=Status.RUNNING).order_by("started_at").first()
    if oldest is None:
        return None
    seconds = max(0, (at - oldest.started_at) // timedelta(seconds=1))
    return {"trace_id": oldest.pk, "address": page_address(oldest.pk), "seconds": seconds}


def _follow_up(workflow: str, follow_up: FollowUp, *, at: datetime) -> dict[str, Any]:
    count = unmoved(follow_up, TraceRecord.objects.all(), at=at).count()
    return {"title": follow_up.title, "count": count, "address": list_address(follow_up=workflow)}


def _section(figures: WindowFigures, *, at: datetime, source: str | None) -> WindowSection:
    bounds = {"started_at__gte": figures.since.isoformat(), "started_at__lt": at.isoformat()}
    lookups = bounds | ({SOURCE: source} if source else {})
    names = LETTER * max((len(outcome.name) for outcome in figures.outcomes), default=0)
    numbers = names + GAP + LETTER * max((len(str(outcome.count)) for outcome in figures.outcomes), default=0)
    return WindowSection(
        figures=figures,
        address=list_address(**lookups, status__exact=ALL),
        names=names,
        numbers=numbers,
        start=numbers + GAP,
        width=numbers + GAP + LONGEST,
        height=ROW * len(figures.outcomes),
        bars=tuple(_bars(figures.outcomes, lookups)),
        prompts=tuple(_prompt(prompt, lookups) for prompt in figures.prompts),
    )


def _bars(outcomes: tuple[OutcomeCount, ...], lookups: dict[str, str]) -> Iterator[Bar]:
    most = max((outcome.count for outcome in outcomes), default=0)
    for number, outcome in enumerate(outcomes):
        yield Bar(
            outcome=outcome,
            address=list_address(**lookups, **{NAMED_BY[Status(outcome.status)]: outcome.name}),
            top=ROW * number,
            width=max(1, LONGEST * outcome.count // most),
        )


def _prompt(figures: PromptFigures, lookups: dict[str, str]) -> PromptRow:
    named = lookups | {"prompt_version__exact": figures.prompt_version}
    return PromptRow(
        figures=figures,
        requests_address=list_address(**named, status__exact=ALL),
        refused_address=list_address(**named, error_code__exact=ErrorCode.INVALID_DECISION),
    )
