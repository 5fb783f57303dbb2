"""The queue: the requests of senders that no person has looked at, oldest first."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince

from access.lists import BoundedList
from access.read_only import ReadOnlyAdmin
from operators.review_admin import form_address, may_review
from operators.review_queue import asked
from operators.senders import sender_of
from operators.story import page_address
from traces.review_requests import ReviewRequest


class Queue(BoundedList):
    """Rows are never counted or skipped: `?p=<trace_id>` is the page that starts after that request."""

    later: str | None = None
    # Django's templates read these.
    full_result_count = None
    show_full_result_count = show_admin_actions = can_show_all = multi_page = False

    def get_queryset(self, *args: Any, **kwargs: Any) -> QuerySet[Any]:
        return asked(super().get_queryset(*args, **kwargs))

    def get_results(self, request: HttpRequest) -> None:
        start, rows = ReviewRequest.objects.filter(pk=request.GET.get(PAGE_VAR, "")).first(), self.queryset
        if start:
            later = rows.filter(requested_at__gte=start.requested_at)
            rows = later.exclude(requested_at=start.requested_at, trace_id__lte=start.pk)
        found = list(rows[: self.list_per_page + 1])
        self.result_list = found[: self.list_per_page]
        self.result_count = len(self.result_list)
        if len(found) > self.list_per_page:
            self.later = self.get_query_string({PAGE_VAR: self.result_list[-1].pk})


@admin.register(ReviewRequest)
class ReviewRequestAdmin(ReadOnlyAdmin):
    list_per_page = 50
    list_display_links = None
    sortable_by = ()
    actions = None

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Queue

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        """Link the form that stores a review for who may store one. Who asked is on the trace's page, too."""

        @admin.display(description="Trace")
        def trace(asked_for: ReviewRequest) -> str:
            address = form_address(asked_for.pk) if may_review(request) else page_address(asked_for.pk)
            return format_html('<a href="{}">{}</a>', address, asked_for.pk)

        by = ("submitter",) if request.user.has_perm("traces.view_tracerecord") else ()
        return (trace, "waits", "asked_at", "workflow", *by)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Requests for a review"} | (extra_context or {}))

    @admin.display(description="Waits")
    def waits(self, asked_for: ReviewRequest) -> str:
        return timesince(asked_for.requested_at, timezone.now(), depth=1)

    @admin.display(description="Asked")
    def asked_at(self, asked_for: ReviewRequest) -> datetime:
        return asked_for.requested_at

    @admin.display(description="Asked by")
    def submitter(self, asked_for: Any) -> str:  # noqa: ANN401 - annotated by `asked`
        return sender_of(asked_for.submitter)[0]
