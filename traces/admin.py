"""The operators' view of the ledger: read-only, found by the exact trace id."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from traces.codes import WHO_ACTS, ErrorCode, Source
from traces.identifiers import TRACE_ID
from traces.models import TraceRecord

# What packages above the ledger know of a trace, one sentence each; they add themselves.
NOTES: list[Callable[[TraceRecord], str | None]] = []


class SourceFilter(admin.ChoicesFieldListFilter):
    """Leave evals out until they are chosen; whoever searches by an id finds its row, whatever it is."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        sought = self.used_parameters or request.GET.get(SEARCH_VAR)
        return super().queryset(request, queryset if sought else queryset.exclude(source=Source.EVAL))

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        unset, *sources = super().choices(changelist)
        yield {**unset, "display": "All but evals"}
        yield from sources


@admin.register(TraceRecord)
class TraceAdmin(admin.ModelAdmin):
    list_display = ("trace_id", "status", "code", "decision", "account_id", "provider", "started_at")
    list_filter = ("status", "error_code", ("source", SourceFilter))
    search_fields = ("trace_id__exact",)
    search_help_text = "The whole trace id."
    ordering = ("-started_at",)
    show_full_result_count = False
    exclude = ("error_code",)
    readonly_fields = ("code", "error", "who_acts")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Close first what was left running: an operator must not take it for a decision that is being made."""
        TraceRecord.objects.close_interrupted(at=timezone.now())
        return super().changelist_view(request, extra_context)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> TraceRecord | None:
        """Take an id as it stands in the address, too: the admin unquotes `_22`, and one id in 170 begins so."""
        typed = str(request.resolver_match.kwargs["object_id"]) if request.resolver_match else object_id
        trace_id = typed if re.fullmatch(TRACE_ID, typed) else object_id
        try:
            return TraceRecord.objects.read(trace_id, at=timezone.now())
        except TraceRecord.DoesNotExist:
            return None

    def get_readonly_fields(self, request: HttpRequest, obj: TraceRecord | None = None) -> tuple[str, ...]:
        shown = tuple(super().get_readonly_fields(request, obj))
        return (*shown, "notes") if obj and self.notes(obj) else shown

    @admin.display(description="Notes")
    def notes(self, trace: TraceRecord) -> str:
        return "\n".join(filter(None, (note(trace) for note in NOTES)))

    @admin.display(description="Error code", ordering="error_code")
    def code(self, trace: TraceRecord) -> str | None:
        return trace.error_code

    @admin.display(description="Who acts")
    def who_acts(self, trace: TraceRecord) -> str | None:
        return WHO_ACTS[ErrorCode(trace.error_code)] if trace.error_code else None

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
