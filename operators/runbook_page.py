"""The remedies of all error codes as a page of the admin, which the stories of failed requests link."""

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from operators.runbook import remedies


@require_safe
@permission_required("traces.view_tracerecord", raise_exception=True)
def runbook(request: HttpRequest) -> HttpResponse:
    context = admin.site.each_context(request) | {"title": "Error codes", "remedies": remedies()}
    return TemplateResponse(request, "admin/runbook.html", context)
