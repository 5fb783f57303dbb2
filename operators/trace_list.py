"""The list of traces, page by page, newest first."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR
from django.db.models import QuerySet
from django.http import HttpRequest

from access.lists import BoundedList
from decisions.registry import read_id
from operators.filters import ALL, STATUS, chosen_status
from traces.models import TraceRecord
from traces.pages import read_page


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
        """Leave the search out of every link of the list: filters and pages do not apply to what it found."""
        return super().get_query_string(new_params, [*(remove or ()), SEARCH_VAR])

    def get_results(self, request: HttpRequest) -> None:
        direction, _, start_id = request.GET.get(PAGE_VAR, "").partition(".")
        start = TraceRecord.objects.filter(pk=read_id(start_id)).first()
        page = read_page(self.queryset, direction, start, size=self.list_per_page)
        self.result_list, self.result_count = page.rows, len(page.rows)
        if page.newer:
            self.newer = self.get_query_string({PAGE_VAR: page.newer})
        if page.older:
            self.older = self.get_query_string({PAGE_VAR: page.older})
        if not page.rows and chosen_status(request) != ALL:
            self.every_status = self.get_query_string({STATUS: ALL}, [PAGE_VAR])
