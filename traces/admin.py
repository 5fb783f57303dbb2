"""The operators' view of the ledger: read-only, found by the exact trace id."""

from django.contrib import admin
from django.http import HttpRequest

from traces.codes import WHO_ACTS, ErrorCode
from traces.models import TraceRecord


@admin.register(TraceRecord)
class TraceAdmin(admin.ModelAdmin):
    list_display = ("trace_id", "status", "error_code", "decision", "account_id", "provider", "started_at")
    list_filter = ("status", "error_code", "source")
    search_fields = ("trace_id__exact",)
    search_help_text = "The whole trace id."
    ordering = ("-started_at",)
    show_full_result_count = False
    readonly_fields = ("error", "who_acts")

    @admin.display(description="Who acts")
    def who_acts(self, trace: TraceRecord) -> str | None:
        return WHO_ACTS[ErrorCode(trace.error_code)] if trace.error_code else None

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
