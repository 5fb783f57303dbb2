"""The list of traces, page by page, newest first. A page starts at a row, so a late page costs as much as the first."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR
from django.db.models import QuerySet
from django.http import HttpRequest

from access.lists import BoundedList
from decisions.registry import read_id
from operators.filters import ALL, STATUS, chosen_status
from traces.models import TraceRecord

OLDER = "older"
NEWER = "newer"


class TraceList(BoundedList):
    """Rows are never counted or skipped: `?p=older.<trace_id>` is the page that starts after that row."""

    newer: str | None = None
    older: str | None = None
    # The link of an empty page.
    every_status: str | None = None
    # Django's templates read these.
    full_result_count = None
    show_full_result_count = show_admin_actions = can_show_all = multi_page = False

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        return ["-started_at", "-trace_id"]

    def get_query_string(self, new_params: dict[str, Any] | None = None, remove: Iterable[str] | None = None) -> str:
        """Leave the search out of every link of the list: it leads to one row or to none."""
        return super().get_query_string(new_params, [*(remove or ()), SEARCH_VAR])

    def get_results(self, request: HttpRequest) -> None:
        """Read one row more than a page shows, to know whether there is another page."""
        direction, _, start_id = request.GET.get(PAGE_VAR, "").partition(".")
        start = TraceRecord.objects.filter(pk=read_id(start_id)).first()
        forwards = start is not None and direction == NEWER
        rows = list(self._from(start, forwards=forwards)[: self.list_per_page + 1])
        more = len(rows) > self.list_per_page
        shown = rows[: self.list_per_page]
        self.result_list = shown[::-1] if forwards else shown
        self.result_count = len(shown)
        if shown and (more if forwards else start):
            self.newer = self.get_query_string({PAGE_VAR: f"{NEWER}.{self.result_list[0].pk}"})
        if shown and (forwards or more):
            self.older = self.get_query_string({PAGE_VAR: f"{OLDER}.{self.result_list[-1].pk}"})
        if not shown and chosen_status(request) != ALL:
            self.every_status = self.get_query_string({STATUS: ALL}, [PAGE_VAR])

    def _from(self, start: TraceRecord | None, *, forwards: bool) -> QuerySet[Any]:
        """Bound the walk by a range of the first ordering column; the second only orders rows of the same instant."""
        rows: QuerySet[Any] = self.queryset
        if start is None:
            return rows
        if forwards:
            newer = rows.filter(started_at__gte=start.started_at).order_by("started_at", "trace_id")
            return newer.exclude(started_at=start.started_at, trace_id__lte=start.pk)
        older = rows.filter(started_at__lte=start.started_at)
        return older.exclude(started_at=start.started_at, trace_id__gte=start.pk)
