"""The faces of a rotation decision: the page at `/`, the JSON route, and the stored result of either."""

import secrets
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from access.bodies import read_json
from access.csrf import csrf_with_cookies, when_csrf_fails
from access.refusals import JSON, PAGE, Refusal, allow, json_only, preferred_type, set_headers
from access.sign_in import sign_in_first
from access.submissions import IDEMPOTENCY_KEY, RETRY_OF, read_submission
from access.submitters import OPEN, readable, remember_browser, submitter_of
from rotation.contract import Decision, DecisionResponse, RotationReport
from rotation.forms import ReportForm
from rotation.policy import P7
from rotation.recheck import objection
from rotation.submit import submit
from traces.codes import ErrorCode, Source, Status
from traces.entries import Submission
from traces.models import TraceRecord

# What a page waits for an answer beyond the deadline before it looks for the row instead.
PATIENCE_SECONDS = 10


@json_only
@csrf_with_cookies
@allow("POST")
def decide_json(request: HttpRequest) -> HttpResponse:
    report = read_json(request, RotationReport)
    key, retry_of = request.headers.get(IDEMPOTENCY_KEY), request.headers.get(RETRY_OF)
    trace = submit(request, report, source=Source.API, key=key, retry_of=retry_of)
    if trace.status == Status.RUNNING:
        raise _still_running(trace)
    return _json(trace)


def _keep_text(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    marks = {"submission_key": request.POST.get("submission_key"), "retry_of": request.POST.get("retry_of")}
    return _form_page(request, ReportForm(request.POST), **marks, refusal=refusal, status=refusal.status)


@when_csrf_fails(_keep_text)
@allow("GET", "POST")
def report_page(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _decide_form(request)
    # Who asks for what was sent under a key is a page that holds a text: it is refused, and not led away from it.
    if "submission" not in request.GET and (elsewhere := sign_in_first(request)):
        return elsewhere
    if request.GET:
        return _form_of_earlier(request)
    return remember_browser(request, _form_page(request, ReportForm(), submission_key=_fresh_key()))


@allow("GET")
def result(request: HttpRequest, trace_id: str) -> HttpResponse:
    face = preferred_type(request, JSON, PAGE)
    if face is None:
        raise Refusal(HTTPStatus.NOT_ACCEPTABLE, "not_acceptable", "This is available as JSON or as a page.")
    if face == PAGE and (elsewhere := sign_in_first(request)):
        return elsewhere
    trace = _readable(request, trace_id)
    if trace is None:
        raise Http404
    response = _json(trace) if face == JSON else _result_page(request, trace)
    patch_vary_headers(response, ["Accept"])
    return response


def _decide_form(request: HttpRequest) -> HttpResponse:
    """Answer a refusal and a failure with the form as it was sent, so that the text is not lost."""
    form = ReportForm(request.POST)
    key, retry_of = request.POST.get("submission_key"), request.POST.get("retry_of")
    marks = {"submission_key": key, "retry_of": retry_of}
    if not form.is_valid():
        return _form_page(request, form, **marks, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        trace = submit(request, form.report, source=Source.WEB, key=key, retry_of=retry_of)
    except Refusal as refusal:
        marks = {"submission_key": _fresh_key()} if refusal.errors else marks
        response = _form_page(request, form, **marks, refusal=refusal, status=refusal.status)
        set_headers(response, refusal)
        return response
    if trace.status != Status.FAILED:
        return _see(trace)
    retry_of = trace.trace_id if _may_retry(trace.submitter, trace) else None
    response = _form_page(request, form, submission_key=_fresh_key(), retry_of=retry_of, failed=trace)
    response["Content-Location"] = _address(trace)
    return response


def _form_of_earlier(request: HttpRequest) -> HttpResponse:
    """
    Open the form on an earlier request: a key that was sent, whose row is the answer, or a failed trace to retry.

    A page that lost its answer comes here with the key it had sent; the retry is checked again when it is sent.
    """
    key, retry_of = request.GET.get("submission"), request.GET.get("retry_of")
    marks = read_submission(source=Source.WEB, submitter=submitter_of(request), key=key, retry_of=retry_of)
    sent = _sent_from_page(marks)
    if sent is not None:
        return _see(sent)
    retried = _readable(request, marks.retry_of) if marks.retry_of else None
    if retried and _may_retry(marks.submitter, retried):
        form = ReportForm(initial={"account_id": retried.account_id})
        return _form_page(request, form, submission_key=_fresh_key(), retry_of=retried.trace_id)
    no_earlier = "report" if key else "retry" if retry_of else None
    page = _form_page(request, ReportForm(), submission_key=key or _fresh_key(), no_earlier=no_earlier)
    return remember_browser(request, page)


def _sent_from_page(marks: Submission) -> TraceRecord | None:
    """Find the row of a form's key; programs may choose keys that others can guess, so theirs lead nowhere."""
    sent = None if marks.submitter == OPEN else TraceRecord.objects.submitted(marks, at=timezone.now())
    return sent if sent and sent.source == Source.WEB else None


def _may_retry(submitter: str, trace: TraceRecord) -> bool:
    """Whoever was told to correct the account asks about another one, and that is no retry."""
    own = trace.submitter == submitter
    return own and trace.status == Status.FAILED and trace.error_code != ErrorCode.ACCOUNT_UNKNOWN


def _readable(request: HttpRequest, trace_id: str) -> TraceRecord | None:
    submitter = submitter_of(request)
    try:
        return readable(submitter).read(trace_id, at=timezone.now())
    except TraceRecord.DoesNotExist:
        return None


def _still_running(trace: TraceRecord) -> Refusal:
    return Refusal(
        HTTPStatus.CONFLICT,
        "still_running",
        "This submission is still being decided.",
        headers={"Location": _address(trace)},
        extra={"trace_url": _address(trace)},
    )


def _see(trace: TraceRecord) -> HttpResponse:
    return HttpResponse(status=HTTPStatus.SEE_OTHER, headers={"Location": _address(trace)})


def _json(trace: TraceRecord) -> HttpResponse:
    response = DecisionResponse.model_validate(
        {
            "trace_id": trace.trace_id,
            "status": trace.status,
            "decision": trace.decision,
            "source_line_ids": tuple(trace.policy_line_ids),
            "error_code": trace.error_code,
            "error": trace.error,
        }
    )
    return HttpResponse(response.model_dump_json(), content_type=JSON)


def _form_page(request: HttpRequest, form: ReportForm, *, status: int = HTTPStatus.OK, **context: Any) -> HttpResponse:
    patience = settings.DECISION_DEADLINE_SECONDS + PATIENCE_SECONDS
    context |= {"form": form, "policy": P7, "patience_seconds": patience}
    return render(request, "rotation/report.html", context, status=status)


def _result_page(request: HttpRequest, trace: TraceRecord) -> HttpResponse:
    elapsed = max(0, int((timezone.now() - trace.started_at).total_seconds()))
    retryable = _may_retry(submitter_of(request), trace)
    context = {"trace": trace, "policy": P7, "elapsed_seconds": elapsed, "retryable": retryable}
    if trace.decision == Decision.NEEDS_REVIEW:
        context["objection"] = objection(trace, Decision.ELIGIBLE, P7)
    return render(request, "rotation/result.html", context)


def _fresh_key() -> str:
    return secrets.token_urlsafe(16)


def _address(trace: TraceRecord) -> str:
    return reverse("result", kwargs={"trace_id": trace.trace_id})
