"""The pages of a ticket."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from decisions.forms import ReportForm
from decisions.views import WorkflowViews
from tickets.forms import TicketForm
from tickets.products import retention_days
from tickets.workflow import TICKETS
from traces.models import TraceRecord


class TicketViews(WorkflowViews):
    workflow = TICKETS
    form = TicketForm

    def form_context(self, request: HttpRequest, form: ReportForm, earlier: TraceRecord | None) -> dict[str, Any]:
        return {"retention_days": retention_days(), "open_access": settings.ACCESS == "open"}

    def result_context(self, trace: TraceRecord) -> dict[str, Any]:
        return {"retention_days": retention_days()}


_views = TicketViews()
ticket_page = _views.form_view()
extract_json = _views.json_view()
result = _views.result_view()
feedback = _views.feedback_view()
