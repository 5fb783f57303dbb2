"""The page of a signed-in member: their requests in every workflow, their accounts and their tokens."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.db.models import CharField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from access.members import accounts_of
from access.models import ApiToken
from access.refusals import allow
from access.submitters import bearer_of, readable_traces, submitter_of
from decisions.registry import find_workflow, read_id
from traces.models import TraceRecord
from traces.pages import read_page

PAGE_SIZE = 20


@allow("GET")
def mine(request: HttpRequest) -> HttpResponse:
    if settings.ACCESS == "open" or bearer_of(request) is not None:
        raise Http404
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    # A trace of somebody else starts no page: it would show when that one was sent.
    traces = readable_traces(submitter_of(request))
    direction, _, start_id = request.GET.get("p", "").partition(".")
    page = read_page(traces, direction, traces.filter(pk=read_id(start_id)).first(), size=PAGE_SIZE)
    context = {
        "page": page,
        "requests": [_describe(trace) for trace in page.rows],
        "accounts": accounts_of(request.user),
        "tokens": [(token, token.state(on=timezone.now().date())) for token in _tokens(request.user)],
    }
    return render(request, "decisions/mine.html", context)


def _describe(trace: TraceRecord) -> dict[str, Any]:
    described = {"started_at": trace.started_at, "outcome": (trace.decision or trace.status).replace("_", " ")}
    workflow = find_workflow(trace.workflow)
    if workflow is None:
        return {**described, "title": trace.workflow, "shown_id": trace.pk}
    address = reverse(f"{workflow.name}:result", kwargs={"trace_id": trace.pk})
    return {
        **described,
        "title": workflow.words.title,
        "shown_id": workflow.shown_id(trace.pk),
        "address": address,
        "account_id": trace.account_id,
    }


def _tokens(member: User) -> QuerySet[ApiToken]:
    """Return the tokens that the member made, each with the time of its latest trace."""
    submitter = Concat(Value("token:"), Cast(OuterRef("pk"), CharField()))
    traces = TraceRecord.objects.filter(submitter=submitter).order_by("-started_at").values("started_at")
    return ApiToken.objects.filter(created_by=member).annotate(used_at=Subquery(traces[:1]))
