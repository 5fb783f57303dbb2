"""The filters of the list of traces. Each asks for one exact value or one range, so that an index can be used."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from operators.feedback import judged_workflows, marked_wrong
from operators.follow_ups import follow_ups, unmoved
from traces.codes import BEFORE_ASKING, ErrorCode, Source, Status
from traces.models import TraceRecord

MOST_CHOICES = 50
STATUS = "status__exact"
ALL, NO_MODEL = "all", "none"
# The error codes of a failure by where it comes from.
FAILURES = {
    "provider": [code for code in ErrorCode if code.startswith("provider_")],
    "check": [ErrorCode.INVALID_DECISION],
    "record": sorted(BEFORE_ASKING),
    "service": [ErrorCode.INTERRUPTED, ErrorCode.INTERNAL_ERROR],
}
# With one of these chosen, the list shows rows of every status.
BEYOND_FAILED = {
    *("decision__exact", "account_id__exact", "input_fingerprint__exact"),
    *("overdue", "review", "follow_up", "failure", "marked_wrong", SEARCH_VAR),
}


class ColumnFilter(admin.FieldListFilter):
    """A column with a closed set of values. The choices are shown as they are stored."""

    # The value and the label of the first choice, which is chosen until another one is.
    unset: tuple[str | None, str] = (None, "All")
    implies_status = False

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
        Start at the newest row that has the value. Else PostgreSQL may start at the newest row of all.

        PostgreSQL assumes that a value is spread evenly over time. For a value that is only in old rows it would read
        half a million newer rows first.
        """
        if self.chosen is None:
            return queryset
        column = self.field.name
        # The value as a range, so that only the column's own index gives the order.
        rows = TraceRecord.objects.filter(**{f"{column}__gte": self.chosen, f"{column}__lte": self.chosen})
        newest = rows.order_by(f"-{column}", "-started_at").values_list("started_at", flat=True).first()
        return queryset.filter(**{column: self.chosen}, started_at__lte=newest) if newest else queryset.none()

    def options(self) -> list[tuple[str, str]]:
        return [(value, value) for value, _ in self.field.flatchoices]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        for value, label in (self.unset, *self.options()):
            dropped = {STATUS: None} if self.implies_status and value else {}
            yield {
                "selected": self.chosen == value,
                "query_string": changelist.get_query_string({self.parameter: value, **dropped}),
                "display": label,
            }


class StatusFilter(ColumnFilter):
    """Show the failed rows until something else is chosen."""

    unset = (ALL, "All")

    @property
    def chosen(self) -> str:
        return chosen_status(self.request)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.chosen == ALL else queryset.filter(status=self.chosen)


class OutcomeFilter(ColumnFilter):
    """A column that implies the status. A choice therefore drops the chosen status."""

    implies_status = True


class SeenFilter(ColumnFilter):
    """A column with an open set of values. It offers those that rows have, each found by one step in an index."""

    def options(self) -> list[tuple[str, str]]:
        return [(value, value) for value in seen_values(self.field.name) if value.strip()]


class DecisionFilter(OutcomeFilter, SeenFilter):
    """The decisions that were made. A row that has one is completed."""


class GivenFilter(ColumnFilter):
    """A column with too many values to list. The filter is shown only while the address names a value."""

    def has_output(self) -> bool:
        return bool(self.chosen and self.chosen.strip())

    def options(self) -> list[tuple[str, str]]:
        return [(str(self.chosen), str(self.chosen))]


class ModelFilter(GivenFilter):
    """No index has the model, so a link must bound the time as well. NO_MODEL asks for rows that name none."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.chosen:
            return queryset
        return queryset.filter(model=None if self.chosen == NO_MODEL else self.chosen)


class SourceFilter(ColumnFilter):
    """Leave out evals until they are chosen."""

    unset = (None, "All but evals")

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        return super().queryset(request, queryset if self.chosen else queryset.exclude(source=Source.EVAL))

    def options(self) -> list[tuple[str, str]]:
        return [*Source.choices]


class FailureFilter(admin.SimpleListFilter):
    """The failed requests whose failure comes from one place."""

    title = "failure from"
    parameter_name = "failure"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(name, name) for name in FAILURES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(error_code__in=FAILURES.get(str(self.value()), ())) if self.value() else queryset


class OverdueFilter(admin.SimpleListFilter):
    """Requests past their deadline: still running in the time of grace, or closed as interrupted."""

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


class FollowUpFilter(admin.SimpleListFilter):
    """Decisions of some time ago for which nothing has happened."""

    title = "follow-through"
    parameter_name = "follow_up"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(workflow, each.title) for workflow, each in follow_ups().items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        follow_up = follow_ups().get(str(self.value()))
        return unmoved(follow_up, queryset, at=timezone.now()) if follow_up else queryset.none()


class MarkedWrongFilter(admin.SimpleListFilter):
    title = "sender's answer"
    parameter_name = "marked_wrong"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(workflow, f"{word} marked wrong".capitalize()) for workflow, word in judged_workflows().items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return marked_wrong(str(self.value()), queryset) if self.value() else queryset


def chosen_status(request: HttpRequest) -> str:
    return request.GET.get(STATUS) or (ALL if any(request.GET.get(name) for name in BEYOND_FAILED) else Status.FAILED)


def seen_values(column: str) -> list[str]:
    """Step from each value to the next greater one. This takes as many look-ups in an index as there are values."""
    values = [""]
    while len(values) <= MOST_CHOICES:
        greater = TraceRecord.objects.filter(**{f"{column}__gt": values[-1]}).order_by(column)
        next_value = greater.values_list(column, flat=True).first()
        if next_value is None:
            break
        values.append(next_value)
    return values[1:]
