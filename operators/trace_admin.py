"""The ledger as operators see it: read-only, and found by a trace id in any shape in which a customer quotes it."""

import re
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from access.read_only import ReadOnlyAdmin
from decisions.registry import read_id
from operators import filters
from operators.day_filter import DayFilter
from operators.review_admin import may_read_note, review_address
from operators.review_filters import WaitingFilter
from operators.story import list_address, page_address, story_of
from operators.trace_list import TraceList
from traces.codes import Status
from traces.models import TraceRecord

ACCOUNT_ID = re.compile(r"acct[\s_-]*([0-9]{5})", re.IGNORECASE)
TITLES = {status.value: f"{status.capitalize()} traces" for status in Status}


@admin.register(TraceRecord)
class TraceAdmin(ReadOnlyAdmin):
    list_display = ("trace_id", "outcome", "account_id", "started_at", "source", "provider")
    list_filter = (
        ("status", filters.StatusFilter),
        WaitingFilter,
        filters.OverdueFilter,
        filters.FollowUpFilter,
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

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Close first the requests that were left running, so that they do not look like requests in progress."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        TraceRecord.objects.close_interrupted(at=timezone.now())
        text = request.GET.get(SEARCH_VAR, "").strip()
        if text and (address := self._find(request, text)):
            return HttpResponseRedirect(address)
        title = TITLES.get(filters.chosen_status(request), "Traces")
        return super().changelist_view(request, {"title": title} | (extra_context or {}))

    def _find(self, request: HttpRequest, text: str) -> str | None:
        """Return the address of the page that the text asks for. If there is none, show the reason."""
        if account := ACCOUNT_ID.fullmatch(text):
            return list_address(account_id__exact=f"acct_{account[1]}")
        trace_id = read_id(text)
        if trace_id and TraceRecord.objects.filter(pk=trace_id).exists():
            return page_address(trace_id)
        reason = f"No trace has the id {trace_id}." if trace_id else f"This is not an id. {self.search_help_text}"
        self.message_user(request, reason, messages.WARNING)
        return None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find nothing and read no row: a search that found a page was redirected to it before."""
        return (queryset.none() if request.GET.get(SEARCH_VAR, "").strip() else queryset), False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> TraceRecord | None:
        """Read the id from the address itself: the admin unquotes `_22`, and one id in 170 begins with such a pair."""
        typed = str(request.resolver_match.kwargs["object_id"]) if request.resolver_match else object_id
        try:
            return TraceRecord.objects.read(read_id(typed) or object_id, at=timezone.now())
        except TraceRecord.DoesNotExist:
            return None

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        trace: TraceRecord = kwargs["obj"]
        context |= {
            "title": f"Trace {trace}",
            "subtitle": self.outcome(trace),
            "story": story_of(
                trace,
                at=timezone.now(),
                with_reviews=request.user.has_perm("traces.view_review"),
                with_note=may_read_note(request),
            ),
            "review_address": review_address(request, trace),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Outcome")
    def outcome(self, trace: TraceRecord) -> str:
        ended = trace.error_code or trace.decision
        return f"{trace.status}: {ended}" if ended else trace.status
