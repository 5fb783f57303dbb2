"""The list of tickets, for those who work on them. Nothing is changed here."""

from django.contrib import admin
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest

from access.read_only import ReadOnlyAdmin
from decisions.registry import read_id
from tickets.contract import Priority
from tickets.models import Ticket
from tickets.workflow import TICKETS

# The most urgent ticket first, then the oldest.
RANK = Case(
    *(When(priority=priority, then=Value(-priority.rank)) for priority in Priority), output_field=IntegerField()
)


@admin.register(Ticket)
class TicketAdmin(ReadOnlyAdmin):
    list_display = ("task_id", "priority", "category", "summary", "created_at")
    list_filter = ("priority", "category", "created_at")
    # The field only shows the box: an id is searched under any workflow's prefix.
    search_fields = ("trace_id",)
    search_help_text = "A task id or trace id."
    fields = ("task_id", "category", "priority", "summary", "created_at")
    show_full_result_count = False
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ticket]:
        return Ticket.objects.of_customers().order_by(RANK, "created_at")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Ticket], search_term: str
    ) -> tuple[QuerySet[Ticket], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(pk=read_id(search_term) or ""), False

    @admin.display(description="task id")
    def task_id(self, ticket: Ticket) -> str:
        return TICKETS.shown_id(ticket.pk)
