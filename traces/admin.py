"""The operators' view of the ledger: read-only, found by the exact trace id."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from traces.codes import WHO_ACTS, ErrorCode
from traces.models import TraceRecord


@admin.register(TraceRecord)
class TraceAdmin(admin.ModelAdmin):
    list_display = ("trace_id", "status", "code", "decision", "account_id", "provider", "started_at")
    list_filter = ("status", "error_code", "source")
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
        try:
            return TraceRecord.objects.read(object_id, at=timezone.now())
        except TraceRecord.DoesNotExist:
            return None

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
