"""The ledger as operators see it: read-only, and found by a trace id in any shape in which a customer quotes it."""

from contextlib import suppress
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.core.exceptions import PermissionDenied
from django.db import Error as DatabaseFault
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from access.read_only import ReadOnlyAdmin
from decisions.registry import read_id
from operators import filters
from operators.day_filter import DayFilter
from operators.lookup import HELP, look_up
from operators.review_admin import review_address
from operators.review_filters import WaitingFilter
from operators.story import list_address, page_address, story_of
from operators.trace_list import TraceList
from traces.codes import Status
from traces.models import TraceRecord

TITLES = {status.value: f"{status.capitalize()} traces" for status in Status}


@admin.register(TraceRecord)
class TraceAdmin(ReadOnlyAdmin):
    list_display = ("trace_id", "outcome", "account_id", "started_at", "source", "provider")
    list_filter = (
        ("status", filters.StatusFilter),
        WaitingFilter,
        filters.OverdueFilter,
        filters.FollowUpFilter,
        filters.MarkedWrongFilter,
        filters.FailureFilter,
        ("error_code", filters.OutcomeFilter),
        ("decision", filters.DecisionFilter),
        DayFilter,
        ("source", filters.SourceFilter),
        ("account_id", filters.GivenFilter),
        ("input_fingerprint", filters.GivenFilter),
        ("workflow", filters.SeenFilter),
        ("prompt_version", filters.SeenFilter),
        ("provider", filters.SeenFilter),
        ("model", filters.ModelFilter),
    )
    list_per_page = 50
    sortable_by = ()
    actions = None
    show_facets = ShowFacets.NEVER
    search_fields = ("trace_id",)
    search_help_text = HELP

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return TraceList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Close first the requests that were left running, so that they do not look like requests in progress."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        with suppress(DatabaseFault):
            # A ledger that cannot be written is still read.
            TraceRecord.objects.close_interrupted(at=timezone.now())
        if text := _searched(request):
            found = look_up(text)
            for sentence in found.missing:
                self.message_user(request, sentence, messages.WARNING)
            if found.exact or found.account_id:
                account = list_address(account_id__exact=found.account_id or "")
                return HttpResponseRedirect(page_address(found.exact) if found.exact else account)
        title = TITLES.get(filters.chosen_status(request), "Traces")
        return super().changelist_view(request, {"title": title} | (extra_context or {}))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Show what the text names, whatever is filtered. A search that led to another page was redirected before."""
        text = _searched(request)
        return (look_up(text).rows if text else queryset), False

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
            "story": story_of(trace, at=timezone.now(), viewer=request.user),
            "review_address": review_address(request, trace),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Outcome")
    def outcome(self, trace: TraceRecord) -> str:
        ended = trace.error_code or trace.decision
        return f"{trace.status}: {ended}" if ended else trace.status


def _searched(request: HttpRequest) -> str:
    return request.GET.get(SEARCH_VAR, "").strip()
