"""The admin's first page: for those who may read traces, the dashboard of one period above the list of sections."""

from collections import Counter
from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.db import Error as DatabaseFault
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from operators.dashboard_charts import draw_charts
from operators.dashboard_counts import Ended, count_ended
from operators.dashboard_needs import needs
from operators.dashboard_period import PERIODS, Number, Period, read_period
from operators.dashboard_sample import read_sample
from operators.filters import seen_values
from traces.codes import Source, Status
from traces.models import TraceRecord

SOURCE = "source__exact"
# The list's parameter for the name of an outcome, by its status; the statuses are in the order of the table.
NAMED_BY = {
    Status.COMPLETED: "decision__exact",
    Status.FAILED: "error_code__exact",
    Status.RUNNING: "status__exact",
}


def first_page(request: HttpRequest) -> HttpResponse:
    may_read = request.user.has_perm("traces.view_tracerecord")
    return admin.site.index(request, _dashboard(request) if may_read else None)


def _dashboard(request: HttpRequest) -> dict[str, Any]:
    """Close first what was left running, as the list does: the numbers and the rows behind them should agree."""
    at = timezone.now()
    with suppress(DatabaseFault):
        # A ledger that cannot be written still shows its figures.
        TraceRecord.objects.close_interrupted(at=at)
    source = request.GET.get(SOURCE)
    chosen = source if source in Source.values else None
    rows = TraceRecord.objects.filter(source=chosen) if chosen else TraceRecord.objects.exclude(source=Source.EVAL)
    period = read_period(request.GET.get("period"), at=at, lookups={SOURCE: chosen} if chosen else {})
    ended = count_ended(rows, period, decisions=seen_values("decision"))
    return {
        "title": "Dashboard",
        "period": period,
        "periods": PERIODS,
        "chosen": chosen,
        "sources": [("", "All but evals"), *Source.choices],
        "needs": sorted(needs(rows, ended, period, user=request.user), key=lambda need: not need.is_urgent),
        "requests": period.number(sum(each.requests for each in ended), "requests"),
        "charts": draw_charts(ended, period),
        "outcomes": _outcomes(ended, period),
        "sample": read_sample(rows, period),
        "is_new": not TraceRecord.objects.exists(),
    }


def _outcomes(ended: list[Ended], period: Period) -> list[tuple[str, str, Number]]:
    """Sum up over the period, the most frequent outcome of each status first."""
    sums: Counter[tuple[str, str]] = Counter()
    for each in ended:
        sums[each.kind, each.name] += each.requests
    order = list(NAMED_BY)
    found = sorted(sums.items(), key=lambda item: (order.index(Status(item[0][0])), -item[1], item[0][1]))
    return [
        (status, name, period.number(count, name, **{NAMED_BY[Status(status)]: name}))
        for (status, name), count in found
    ]
