"""The filter by day of the list of traces."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG, PAGE_VAR, SEARCH_VAR, ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

DAY = timedelta(days=1)
NAMED_DAYS = {"": "Any day", "today": "Today", "yesterday": "Yesterday", "week": "Last 7 days"}


class DayFilter(admin.ListFilter):
    """A day or a range in UTC, as a range of the column. A function over the column would read every row."""

    title = "day (UTC)"
    template = "admin/traces/day_filter.html"
    names = ("day", "started_at__gte", "started_at__lt")

    def __init__(
        self, request: HttpRequest, params: dict[str, list[str]], model: type[Model], model_admin: admin.ModelAdmin
    ) -> None:
        super().__init__(request, params, model, model_admin)
        self.given = {name: params.pop(name)[-1] for name in self.names if params.get(name)}
        self.day = self.given.get("day", "")
        self.shown_day = "" if self.day in NAMED_DAYS else self.day
        dropped = {*self.names, PAGE_VAR, ERROR_FLAG, SEARCH_VAR}
        self.kept = [pair for pair in request.GET.items() if pair[0] not in dropped]

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        try:
            if self.day:
                today = timezone.now().date()
                named = {"today": (today, 1), "yesterday": (today - DAY, 1), "week": (today - 6 * DAY, 7)}
                first, days = named.get(self.day) or (date.fromisoformat(self.day), 1)
                since = datetime.combine(first, datetime.min.time(), UTC)
                queryset = queryset.filter(started_at__gte=since, started_at__lt=since + days * DAY)
            bounds = {name: _read_time(text) for name, text in self.given.items() if name != "day"}
        except (ValueError, OverflowError) as fault:
            raise IncorrectLookupParameters(fault) from None
        return queryset.filter(**bounds)

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        for value, name in NAMED_DAYS.items():
            yield {
                "selected": self.given == ({"day": value} if value else {}),
                "query_string": changelist.get_query_string({"day": value or None}, ["started_at__"]),
                "display": name,
            }
        if not self.given.keys() <= {"day"}:
            since, before = (self.given.get(name, "…") for name in self.names[1:])
            query_string = changelist.get_query_string({"day": None})
            yield {"selected": True, "query_string": query_string, "display": f"{since} to {before}"}


def _read_time(text: str) -> datetime:
    """:raises OverflowError: the time in UTC is outside the calendar's range"""
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
