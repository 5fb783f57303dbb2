"""Pages of traces, newest first. A page starts at a row, so a late page costs as much as the first."""

from typing import Any, NamedTuple

from django.db.models import QuerySet

from traces.models import TraceRecord

OLDER = "older"
NEWER = "newer"


class Page(NamedTuple):
    """`newer` and `older` name the pages beside it, such as `older.<trace_id>`: the page that starts after that row."""

    rows: list[TraceRecord]
    newer: str | None
    older: str | None


def read_page(rows: QuerySet[Any], direction: str, start: TraceRecord | None, *, size: int) -> Page:
    """
    Return the page of `rows` beside the row `start`, without it the first page.

    Rows are never counted or skipped. One row more than a page shows is read, to know whether there is another page.
    """
    forwards = start is not None and direction == NEWER
    found = list(_from(rows, start, forwards=forwards)[: size + 1])
    more = len(found) > size
    shown = found[:size][::-1] if forwards else found[:size]
    newer = f"{NEWER}.{shown[0].pk}" if shown and (more if forwards else start) else None
    older = f"{OLDER}.{shown[-1].pk}" if shown and (forwards or more) else None
    return Page(shown, newer, older)


def _from(rows: QuerySet[Any], start: TraceRecord | None, *, forwards: bool) -> QuerySet[Any]:
    """Bound the walk by a range of the first ordering column; the second only orders rows of the same instant."""
    ordered = rows.order_by("-started_at", "-trace_id")
    if start is None:
        return ordered
    if forwards:
        newer = rows.filter(started_at__gte=start.started_at).order_by("started_at", "trace_id")
        return newer.exclude(started_at=start.started_at, trace_id__lte=start.pk)
    older = ordered.filter(started_at__lte=start.started_at)
    return older.exclude(started_at=start.started_at, trace_id__gte=start.pk)
