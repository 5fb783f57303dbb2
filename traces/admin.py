"""The operators' view of the ledger: read-only, found by the trace id in whatever shape a customer quotes it."""

import re
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from traces import filters
from traces.codes import Status
from traces.day_filter import DayFilter
from traces.identifiers import read_trace_id
from traces.models import TraceRecord
from traces.pages import TraceList
from traces.review_admin import ReviewFilter, review_address
from traces.story import list_address, page_address, tell

ACCOUNT_ID = re.compile(r"acct[\s_-]*([0-9]{5})", re.IGNORECASE)
TITLES = {status.value: f"{status.capitalize()} traces" for status in Status}


@admin.register(TraceRecord)
class TraceAdmin(admin.ModelAdmin):
    list_display = ("trace_id", "outcome", "account_id", "started", "source", "provider")
    list_filter = (
        ("status", filters.StatusFilter),
        ReviewFilter,
        filters.OverdueFilter,
        ("error_code", filters.OutcomeFilter),
        ("decision", filters.DecisionFilter),
        DayFilter,
        ("source", filters.SourceFilter),
        ("account_id", filters.GivenFilter),
        ("input_fingerprint", filters.GivenFilter),
        ("workflow", filters.SeenFilter),
        ("prompt_version", filters.SeenFilter),
        ("provider", filters.SeenFilter),
    )
    list_per_page = 50
    sortable_by = ()
    actions = None
    show_facets = ShowFacets.NEVER
    search_fields = ("trace_id",)
    search_help_text = "A whole trace id, in any case or grouping or within an address, or an account id."

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return TraceList

    def lookup_allowed(self, lookup: str, value: object, request: HttpRequest | None = None) -> bool:
        """Take what the filters offer alone: each of it has an index, and none of it makes the database stumble."""
        columns = {f"{each[0]}__exact" for each in self.list_filter if isinstance(each, tuple)}
        own = {ReviewFilter.parameter_name, filters.OverdueFilter.parameter_name, *DayFilter.names}
        return lookup in columns | own and "\0" not in str(value)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Close first what was left running: an operator must not take it for a decision that is being made."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        TraceRecord.objects.close_interrupted(at=timezone.now())
        sought = request.GET.get(SEARCH_VAR, "").strip()
        if sought and (address := self._find(request, sought)):
            return HttpResponseRedirect(address)
        title = TITLES.get(filters.chosen_status(request), "Traces")
        return super().changelist_view(request, {"title": title} | (extra_context or {}))

    def _find(self, request: HttpRequest, sought: str) -> str | None:
        """Return the page that was asked for, or tell why there is none."""
        if account := ACCOUNT_ID.fullmatch(sought):
            return list_address(account_id__exact=f"acct_{account[1]}")
        trace_id = read_trace_id(sought)
        if trace_id and TraceRecord.objects.filter(pk=trace_id).exists():
            return page_address(trace_id)
        reason = f"No trace has the id {trace_id}." if trace_id else f"This is not an id. {self.search_help_text}"
        self.message_user(request, reason, messages.WARNING)
        return None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """What was found has been redirected to: any other text finds nothing, and reads no row."""
        return (queryset.none() if request.GET.get(SEARCH_VAR, "").strip() else queryset), False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> TraceRecord | None:
        """Take an id as it stands in the address, too: the admin unquotes `_22`, and one id in 170 begins so."""
        typed = str(request.resolver_match.kwargs["object_id"]) if request.resolver_match else object_id
        try:
            return TraceRecord.objects.read(read_trace_id(typed) or object_id, at=timezone.now())
        except TraceRecord.DoesNotExist:
            return None

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        trace: TraceRecord = kwargs["obj"]
        context |= {
            "title": f"Trace {trace}",
            "subtitle": self.outcome(trace),
            "story": tell(trace, at=timezone.now(), with_reviews=request.user.has_perm("traces.view_review")),
            "review_address": review_address(request, trace),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Outcome")
    def outcome(self, trace: TraceRecord) -> str:
        ended = trace.error_code or trace.decision
        return f"{trace.status}: {ended}" if ended else trace.status

    @admin.display(description="Started (UTC)")
    def started(self, trace: TraceRecord) -> str:
        return f"{trace.started_at:%Y-%m-%d %H:%M:%S}"

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
