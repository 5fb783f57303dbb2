"""The filters of the operators' list. Each asks for one exact value or one range, so that an index answers it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from traces.codes import ErrorCode, Source, Status
from traces.models import TraceRecord

MOST_CHOICES = 50
STATUS = "status__exact"
ALL = "all"
# Whoever asks for one of these asks beyond the failed rows.
BEYOND_FAILED = {"decision__exact", "account_id__exact", "input_fingerprint__exact", "overdue", "review"}


class ColumnFilter(admin.FieldListFilter):
    """One column of a closed set; the choices are called by their stored values."""

    @property
    def parameter(self) -> str:
        return f"{self.field_path}__exact"

    @property
    def chosen(self) -> str | None:
        values = self.used_parameters.get(self.parameter)
        return str(values[-1]) if isinstance(values, list) else None

    def expected_parameters(self) -> list[str | None]:
        return [self.parameter]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        """
        Begin at the newest row that has the value, else PostgreSQL may look for it from the newest row of all.

        It takes a value for evenly spread over time, and walks through half a million rows to one of long ago.
        """
        if self.chosen is None:
            return queryset
        newest = newest_start(self.field.name, self.chosen)
        if newest is None:
            return queryset.none()
        return queryset.filter(**{self.field.name: self.chosen}, started_at__lte=newest)

    def offered(self) -> list[tuple[str, str]]:
        """List each value and what it is called."""
        return [(value, value) for value, _ in self.field.flatchoices]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        yield self._choice(changelist, None, "All")
        for value, name in self.offered():
            yield self._choice(changelist, value, name)

    def _choice(self, changelist: ChangeList, value: str | None, name: str) -> dict[str, Any]:
        return {
            "selected": self.chosen == value,
            "query_string": changelist.get_query_string({self.parameter: value}),
            "display": name,
        }


class StatusFilter(ColumnFilter):
    """Show what failed until something else is chosen."""

    @property
    def chosen(self) -> str:
        return chosen_status(self.request)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.chosen == ALL else queryset.filter(status=self.chosen)

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        for value in (ALL, *Status.values):
            yield self._choice(changelist, value, value.capitalize() if value == ALL else value)


class OutcomeFilter(ColumnFilter):
    """A column that settles the status, so that a choice drops the status that was chosen before."""

    def _choice(self, changelist: ChangeList, value: str | None, name: str) -> dict[str, Any]:
        chosen = {self.parameter: value}
        kept = {} if value is None else {STATUS: None}
        return super()._choice(changelist, value, name) | {"query_string": changelist.get_query_string(chosen | kept)}


class SeenFilter(ColumnFilter):
    """A column of an open set: the values that rows have, each found by one step in the column's index."""

    def offered(self) -> list[tuple[str, str]]:
        return [(value, value) for value in seen_values(self.field.name) if value.strip()]


class DecisionFilter(OutcomeFilter, SeenFilter):
    """The decisions that were made; a row that has one is completed."""


class GivenFilter(ColumnFilter):
    """A column of too many values to list: it shows itself while the address names one."""

    def has_output(self) -> bool:
        return bool(self.chosen and self.chosen.strip())

    def offered(self) -> list[tuple[str, str]]:
        return [(str(self.chosen), str(self.chosen))]


class SourceFilter(ColumnFilter):
    """Leave evals out until they are chosen."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        return super().queryset(request, queryset if self.chosen else queryset.exclude(source=Source.EVAL))

    def offered(self) -> list[tuple[str, str]]:
        return [(value, str(name)) for value, name in self.field.flatchoices]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        unset, *sources = super().choices(changelist)
        yield {**unset, "display": "All but evals"}
        yield from sources


class OverdueFilter(admin.SimpleListFilter):
    """What ran past the deadline: still running within its grace, or given up since as interrupted."""

    title = "running too long"
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("yes", "Past the deadline")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        deadline = timezone.now() - timedelta(seconds=settings.DECISION_DEADLINE_SECONDS)
        running = Q(status=Status.RUNNING, started_at__lt=deadline)
        return queryset.filter(running | Q(error_code=ErrorCode.INTERRUPTED))


def chosen_status(request: HttpRequest) -> str:
    return request.GET.get(STATUS) or (ALL if BEYOND_FAILED & request.GET.keys() else Status.FAILED)


def newest_start(column: str, value: str) -> datetime | None:
    """Tell when the newest row with this value started; asked as a range, only the column's own index has the order."""
    rows = TraceRecord.objects.filter(**{f"{column}__gte": value, f"{column}__lte": value})
    return rows.order_by(f"-{column}", "-started_at").values_list("started_at", flat=True).first()


def seen_values(column: str) -> list[str]:
    """Step from each value to the next greater one: as many look-ups in an index as there are values."""
    values: list[str] = [""]
    while len(values) <= MOST_CHOICES:
        greater = TraceRecord.objects.filter(**{f"{column}__gt": values[-1]}).order_by(column)
        following = greater.values_list(column, flat=True).first()
        if following is None:
            break
        values.append(following)
    return values[1:]
