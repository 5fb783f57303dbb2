"""
How the requests of a period ended, counted by the hour or day in which they started.

One statement counts them all, so that a row that ends meanwhile is not counted twice. Each of its parts names the
values of one column and walks in that column's index through one hour or day: no row is read.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db.models import Count, F, QuerySet, Value

from operators.dashboard_period import Period
from traces.codes import ErrorCode, Status
from traces.models import TraceQuerySet


class Ended(NamedTuple):
    """Requests of one part of the period. `kind` is a status, `name` a decision, an error code, or `running`."""

    part: int
    kind: str
    name: str
    requests: int


def count_ended(rows: TraceQuerySet, period: Period, *, decisions: Sequence[str]) -> list[Ended]:
    """Count the rows of the period, by the decisions that are named."""
    first, *others = (
        counted for number, part in enumerate(period.parts) for counted in _count_part(part.of(rows), number, decisions)
    )
    return [Ended(**row) for row in first.union(*others, all=True)]


def _count_part(rows: TraceQuerySet, part: int, decisions: Sequence[str]) -> list[QuerySet[Any, Any]]:
    named = {
        Status.COMPLETED: ("decision", decisions),
        Status.FAILED: ("error_code", ErrorCode.values),
        Status.RUNNING: ("status", [Status.RUNNING]),
    }
    return [
        rows.filter(**{f"{column}__in": values})
        .order_by()
        .values(part=Value(part), kind=Value(status), name=F(column))
        .annotate(requests=Count("*"))
        for status, (column, values) in named.items()
    ]
