"""Where operators review what was decided as `needs_review`, and read what others have found."""

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from traces.models import TraceRecord
from traces.review_forms import ReviewForm
from traces.review_queue import ReviewedMeanwhile, add_review, is_reviewable, waiting
from traces.reviews import Review
from traces.story import list_address, page_address

STORED = 'Review {} is stored. The trace stays as it is. <a href="{}">See what else waits for a review</a>.'


class ReviewFilter(admin.SimpleListFilter):
    """The queue: what waits for a review."""

    title = "review"
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("waiting", "Waiting for review")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[TraceRecord]) -> QuerySet[TraceRecord]:
        return waiting(queryset) if self.value() == "waiting" else queryset


def review_address(request: HttpRequest, trace: TraceRecord) -> str | None:
    """Return the address at which this user reviews this trace, None if it is not up for review or they may not."""
    return _address(trace) if is_reviewable(trace) and _may_review(request) else None


def _may_review(request: HttpRequest) -> bool:
    return request.user.has_perms(["traces.add_review", "traces.view_tracerecord"])


@admin.register(Review)
class ReviewAdmin(admin.ModelAdmin):
    list_display = ("__str__", "outcome", "reason", "reviewer", "reviewed_at")
    list_filter = ("outcome", "reason")
    list_select_related = ("reviewer",)
    # Reviews are never changed, so that the last written is the latest.
    ordering = ("-pk",)
    sortable_by = ()
    show_full_result_count = False

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the form for the trace that the address names, or take what was written there."""
        if not _may_review(request):
            raise PermissionDenied
        if "trace" not in request.GET:
            return HttpResponseRedirect(list_address(review="waiting"))
        trace = TraceRecord.objects.filter(pk=request.GET["trace"]).first()
        if trace is None:
            raise Http404
        if not is_reviewable(trace):
            return self._page(request, "refused", trace, status=403)
        if request.method == "POST":
            return self._receive(request, trace)
        reviews = _reviews_with_notes(trace)
        return self._page(request, "add", trace, reviews=reviews, form=ReviewForm(initial={"seen": _last(reviews)}))

    def _receive(self, request: HttpRequest, trace: TraceRecord) -> HttpResponse:
        form = ReviewForm(request.POST)
        if "seen" in form.errors:
            raise BadRequest
        if not form.is_valid():
            return self._page(request, "add", trace, reviews=_reviews_with_notes(trace), form=form, status=422)
        # Whoever comes this far has signed in, and so has an id.
        seen, reviewer_id = form.cleaned_data["seen"], cast("int", request.user.pk)
        try:
            review = add_review(trace.pk, form.finding, seen=seen, reviewer_id=reviewer_id, at=timezone.now())
        except ReviewedMeanwhile:
            return self._show_meanwhile(request, trace)
        except TraceRecord.DoesNotExist:
            # Retention took it while the note was written.
            raise Http404 from None
        stored = format_html(STORED, review.number, list_address(review="waiting"))
        self.message_user(request, stored, messages.SUCCESS)
        return HttpResponseRedirect(page_address(trace.pk))

    def _show_meanwhile(self, request: HttpRequest, trace: TraceRecord) -> HttpResponse:
        """Show what the reviewer had not seen, with what they typed; the next time they have seen it."""
        reviews = _reviews_with_notes(trace)
        form = ReviewForm({**request.POST.dict(), "seen": _last(reviews)})
        return self._page(request, "add", trace, reviews=reviews, form=form, meanwhile=True, status=409)

    def _page(
        self, request: HttpRequest, name: str, trace: TraceRecord, *, status: int = 200, **context: Any
    ) -> HttpResponse:
        context |= self.admin_site.each_context(request) | {
            "title": "Review a decision",
            "trace": trace,
            "address": _address(trace),
            "trace_address": page_address(trace.pk),
            "opts": self.opts,
        }
        return TemplateResponse(request, f"admin/traces/review/{name}.html", context, status=status)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


def _address(trace: TraceRecord) -> str:
    return f"{reverse('admin:traces_review_add')}?{urlencode({'trace': trace.pk})}"


def _reviews_with_notes(trace: TraceRecord) -> list[Review]:
    return list(Review.objects.filter(trace=trace).select_related("reviewer").order_by("number"))


def _last(reviews: list[Review]) -> int:
    return reviews[-1].number if reviews else 0
