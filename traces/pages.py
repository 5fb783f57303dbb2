"""The pages of the operators' list: newest first, from one row on; a late page costs what the first one does."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR, ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest

from traces.filters import ALL, STATUS, chosen_status
from traces.identifiers import read_trace_id
from traces.models import TraceRecord

OLDER = "older"
NEWER = "newer"


class TraceList(ChangeList):
    """Rows are never counted and never skipped over: `?p=older.<trace_id>` starts beside that row."""

    newer: str | None = None
    older: str | None = None
    # Where an empty page leads to.
    every_status: str | None = None

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        return ["-started_at", "-trace_id"]

    def get_query_string(self, new_params: dict[str, Any] | None = None, remove: Iterable[str] | None = None) -> str:
        """A search leads to a row or to nothing: no link of the list carries it on."""
        return super().get_query_string(new_params, [*(remove or ()), SEARCH_VAR])

    def get_results(self, request: HttpRequest) -> None:
        """Read one row more than a page shows: it tells whether there is another page."""
        direction, _, beside = request.GET.get(PAGE_VAR, "").partition(".")
        start = TraceRecord.objects.filter(pk=read_trace_id(beside)).first()
        forwards = start is not None and direction == NEWER
        rows = list(self._from(start, forwards=forwards)[: self.list_per_page + 1])
        more = len(rows) > self.list_per_page
        shown = rows[: self.list_per_page]
        self._show(shown[::-1] if forwards else shown)
        if shown and (more if forwards else start):
            self.newer = self.get_query_string({PAGE_VAR: f"{NEWER}.{self.result_list[0].pk}"})
        if not shown and chosen_status(request) != ALL:
            self.every_status = self.get_query_string({STATUS: ALL}, [PAGE_VAR])
        if shown and (forwards or more):
            self.older = self.get_query_string({PAGE_VAR: f"{OLDER}.{self.result_list[-1].pk}"})

    def _from(self, start: TraceRecord | None, *, forwards: bool) -> QuerySet[Any]:
        """A range of the ordering's first column bounds the walk; the second only parts rows of one instant."""
        rows: QuerySet[Any] = self.queryset
        if start is None:
            return rows
        if forwards:
            newer = rows.filter(started_at__gte=start.started_at).order_by("started_at", "trace_id")
            return newer.exclude(started_at=start.started_at, trace_id__lte=start.pk)
        older = rows.filter(started_at__lte=start.started_at)
        return older.exclude(started_at=start.started_at, trace_id__gte=start.pk)

    def _show(self, rows: list[Any]) -> None:
        self.result_list = rows
        self.result_count = len(rows)
        self.full_result_count = None
        self.show_full_result_count = False
        self.show_admin_actions = False
        self.can_show_all = False
        self.multi_page = False
