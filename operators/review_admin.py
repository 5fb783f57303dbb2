"""The pages on which operators review a decision and read the reviews of others."""

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from access.read_only import ReadOnlyAdmin
from decisions.reviews import review_words
from decisions.workflow import ReviewWords
from operators.review_filters import OutcomeFilter, ReasonFilter
from operators.review_forms import ReviewForm
from operators.review_mail import NOT_MAILED, mail_sender
from operators.review_queue import add_review, queue_address
from operators.row_words import describe_facts, review_sentences
from operators.senders import sender_of
from operators.story import list_address, page_address
from traces.models import TraceRecord
from traces.review_requests import ReviewRequest
from traces.reviews import Review, last_number, reviews_of

STORED = 'Review {} is stored. The trace stays as it is. <a href="{}">See what else waits for a review</a>.'
MEANWHILE = "Review {} by {} was stored while you wrote yours: {} {} Both are kept. The sender is shown the latest."


def review_address(request: HttpRequest, trace: TraceRecord) -> str | None:
    """Return the address at which this user reviews this trace, None where they cannot."""
    return form_address(trace.pk) if review_words(trace) and may_review(request) else None


def form_address(trace_id: str) -> str:
    return f"{reverse('admin:traces_review_add')}?{urlencode({'trace': trace_id})}"


def may_review(request: HttpRequest) -> bool:
    return request.user.has_perms(["traces.add_review", "traces.view_tracerecord"])


def may_read_note(request: HttpRequest) -> bool:
    return request.user.has_perm("traces.view_reviewrequest")


def _queue(request: HttpRequest) -> str:
    return queue_address() if may_read_note(request) else list_address(review="waiting")


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "outcome_sentence", "reason_sentence", "reviewer", "reviewed_at")
    list_filter = (OutcomeFilter, ReasonFilter)
    list_select_related = ("reviewer", "trace")
    fields = ("trace", "number", "reviewer", "reviewed_at", "outcome_sentence", "reason_sentence", "note")
    readonly_fields = ("outcome_sentence", "reason_sentence")
    # Reviews are never changed, so the last one written is the latest.
    ordering = ("-pk",)
    sortable_by = ()
    show_full_result_count = False

    @admin.display(description="outcome")
    def outcome_sentence(self, review: Review) -> str:
        return review_sentences(review)[0]

    @admin.display(description="reason")
    def reason_sentence(self, review: Review) -> str:
        return review_sentences(review)[1]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the form for the trace that the address names, or store the review that was sent."""
        if not may_review(request):
            raise PermissionDenied
        if "trace" not in request.GET:
            return HttpResponseRedirect(_queue(request))
        trace = get_object_or_404(TraceRecord, pk=request.GET["trace"])
        words = review_words(trace)
        if words is None:
            return self._page(request, "refused", trace, status=403)
        if request.method == "POST":
            return self._receive(request, trace, words)
        form = ReviewForm(initial={"seen": last_number(trace.pk)}, words=words)
        return self._page(request, "add", trace, form=form)

    def _receive(self, request: HttpRequest, trace: TraceRecord, words: ReviewWords) -> HttpResponse:
        form = ReviewForm(request.POST, words=words)
        if "seen" in form.errors:
            raise BadRequest
        if not form.is_valid():
            return self._page(request, "add", trace, form=form, status=422)
        # The user has signed in, and so has an id.
        reviewer_id = cast("int", request.user.pk)
        try:
            review, is_new = add_review(trace.pk, **form.cleaned_data, reviewer_id=reviewer_id, at=timezone.now())
        except TraceRecord.DoesNotExist:
            # Retention deleted it while the note was written.
            raise Http404 from None
        self.message_user(request, format_html(STORED, review.number, _queue(request)), messages.SUCCESS)
        for other in reviews_of(trace.pk).filter(number__gt=form.cleaned_data["seen"]).exclude(pk=review.pk):
            meanwhile = MEANWHILE.format(other.number, other.reviewer.get_username(), *review_sentences(other))
            self.message_user(request, meanwhile, messages.WARNING)
        if is_new and not mail_sender(trace):
            self.message_user(request, NOT_MAILED, messages.WARNING)
        return HttpResponseRedirect(page_address(trace.pk))

    def _page(
        self, request: HttpRequest, name: str, trace: TraceRecord, *, status: int = 200, **context: Any
    ) -> HttpResponse:
        """The reviews are read after the form has their number, so that none counts as seen that is not shown."""
        context |= self.admin_site.each_context(request) | {
            "title": "Review a decision",
            "trace": trace,
            "facts": describe_facts(trace),
            "asked": ReviewRequest.objects.filter(pk=trace.pk).first(),
            "queue_address": _queue(request),
            "queue_name": "Review requests" if may_read_note(request) else "Not reviewed yet",
            "asked_by": sender_of(trace.submitter)[0],
            "may_read_note": may_read_note(request),
            "reviews": [(review, *review_sentences(review)) for review in reviews_of(trace.pk)],
            "address": review_address(request, trace),
            "trace_address": page_address(trace.pk),
            "opts": self.opts,
        }
        return TemplateResponse(request, f"admin/traces/review/{name}.html", context, status=status)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)
