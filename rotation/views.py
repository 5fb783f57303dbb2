"""The faces of a rotation decision: the page at `/`, the JSON route, and the stored result of either."""

import secrets
from http import HTTPStatus
from typing import Any

from django.db import Error as DatabaseFault
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from access.admission import admission
from access.bodies import invalid, read_json
from access.csrf import csrf_with_cookies
from access.refusals import (
    JSON,
    PAGE,
    FieldError,
    Refusal,
    allow,
    json_only,
    ledger_unavailable,
    preferred_type,
    set_headers,
)
from access.submissions import IDEMPOTENCY_KEY, RETRY_OF, read_submission
from access.submitters import may_read, remember_browser, submitter_of
from rotation import service
from rotation.contract import DecisionResponse, RotationReport
from rotation.forms import ReportForm
from rotation.policy import P7
from rotation.providers import configured_provider
from rotation.records import find_credential
from traces.codes import ErrorCode, Source, Status
from traces.models import TraceRecord


@json_only
@csrf_with_cookies
@allow("POST")
def decide_json(request: HttpRequest) -> HttpResponse:
    report = read_json(request, RotationReport)
    key, retry_of = request.headers.get(IDEMPOTENCY_KEY), request.headers.get(RETRY_OF)
    trace = _decide(request, report, source=Source.API, key=key, retry_of=retry_of)
    if trace.status == Status.RUNNING:
        raise _still_running(trace)
    return _json(trace)


@allow("GET", "POST")
def report_page(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _decide_form(request)
    return remember_browser(request, _form_page(request, ReportForm(), submission_key=_fresh_key()))


@allow("GET")
def result(request: HttpRequest, trace_id: str) -> HttpResponse:
    face = preferred_type(request, JSON, PAGE)
    if face is None:
        raise Refusal(HTTPStatus.NOT_ACCEPTABLE, "not_acceptable", "This is to be had as JSON or as a page.")
    trace = _readable(request, trace_id)
    if trace is None:
        raise Http404
    response = _json(trace) if face == JSON else render(request, "rotation/result.html", {"trace": trace, "policy": P7})
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
        trace = _decide(request, form.report, source=Source.WEB, key=key, retry_of=retry_of)
    except Refusal as refusal:
        marks = {"submission_key": _fresh_key()} if refusal.errors else marks
        response = _form_page(request, form, **marks, refusal=refusal, status=refusal.status)
        set_headers(response, refusal)
        return response
    if trace.status == Status.FAILED:
        # Whoever was told to correct the account asks about another one, and that is no retry.
        retry_of = None if trace.error_code == ErrorCode.ACCOUNT_UNKNOWN else trace.trace_id
        return _form_page(request, form, submission_key=_fresh_key(), retry_of=retry_of, failed=trace)
    return HttpResponse(status=HTTPStatus.SEE_OTHER, headers={"Location": _address(trace)})


def _decide(
    request: HttpRequest, report: RotationReport, *, source: Source, key: str | None, retry_of: str | None
) -> TraceRecord:
    try:
        submission = read_submission(source=source, submitter=submitter_of(request), key=key, retry_of=retry_of)
        try:
            with admission():
                return service.decide(
                    report, provider=configured_provider(), find_credential=find_credential, submission=submission
                )
        except Refusal:
            # All places are taken; what was decided before needs none.
            if (repeated := service.find_repeated(report, submission)) is None:
                raise
            return repeated
    except service.SubmissionMismatch:
        message = "This key was used before, for another report. Use a fresh one."
        raise invalid([FieldError(IDEMPOTENCY_KEY, "key_reused", message)]) from None
    except service.RetryRefused:
        message = "Only a failed decision of your own on the same account can be retried."
        raise invalid([FieldError(RETRY_OF, "not_retryable", message)]) from None
    except service.LedgerUnavailable as unavailable:
        trace_id = unavailable.trace_id
        raise ledger_unavailable(**({"trace_id": trace_id} if trace_id else {})) from None
    except DatabaseFault:
        raise ledger_unavailable() from None


def _readable(request: HttpRequest, trace_id: str) -> TraceRecord | None:
    submitter = submitter_of(request)
    try:
        trace = TraceRecord.objects.read(trace_id, at=timezone.now())
    except TraceRecord.DoesNotExist:
        return None
    except DatabaseFault:
        raise ledger_unavailable() from None
    return trace if may_read(submitter, trace) else None


def _still_running(trace: TraceRecord) -> Refusal:
    return Refusal(
        HTTPStatus.CONFLICT,
        "still_running",
        "This submission is still being decided.",
        headers={"Location": _address(trace)},
        extra={"trace_url": _address(trace)},
    )


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
    return render(request, "rotation/report.html", {"form": form, "policy": P7, **context}, status=status)


def _fresh_key() -> str:
    return secrets.token_urlsafe(16)


def _address(trace: TraceRecord) -> str:
    return reverse("result", kwargs={"trace_id": trace.trace_id})
