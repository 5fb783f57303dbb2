"""The interfaces of a workflow: its form, its JSON route, and the stored result of either."""

import secrets
from http import HTTPStatus
from typing import Any, ClassVar

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from access.bodies import body_limit, read_json
from access.csrf import csrf_with_cookies, when_csrf_fails
from access.refusals import JSON, PAGE, Refusal, View, allow, json_only, preferred_type, set_headers, wants_page
from access.sign_in import redirect_to_sign_in
from access.submitters import OPEN, readable_traces, remember_browser, submitter_of
from decisions.contract import Contract
from decisions.feedback import feedback_on, give_feedback, read_verdict
from decisions.forms import ReportForm
from decisions.submissions import IDEMPOTENCY_KEY, RETRY_OF, read_submission
from decisions.submit import submit
from decisions.workflow import Workflow
from traces.codes import ErrorCode, Source, Status
from traces.models import TraceRecord

# How long a page waits for an answer beyond the deadline before it looks for the row instead.
PATIENCE_SECONDS = 10
FEEDBACK_LIMIT_BYTES = 1024


class WorkflowViews:
    """
    The views of a workflow.

    A workflow's own class names its value and form, and may add to what its templates get. Each template in
    `templates/decisions/` has a default that a file of the same name in `templates/<name>/` replaces or extends:
    `form.html`, `result.html`, `heading.html` (the title of a result), `running.html` (the heading while it runs) and
    `advice.html` (what to do after a failure). The URL names are `form`, `decide` and `result`, in the namespace of
    the workflow's name.
    """

    workflow: ClassVar[Workflow]
    form: ClassVar[type[ReportForm]]

    def form_context(self) -> dict[str, Any]:
        return {}

    def result_context(self, trace: TraceRecord) -> dict[str, Any]:
        return {}

    def retry_initial(self, trace: TraceRecord) -> dict[str, Any]:
        """Return the initial values of a retry's form. The text is never among them, because it is not kept."""
        return {}

    # ---- Views, as URL patterns take them

    def form_view(self) -> View:
        @when_csrf_fails(self._form_after_csrf_failure)
        @body_limit(self.workflow.report.body_limit_bytes)
        @allow("GET", "POST")
        def form_page(request: HttpRequest) -> HttpResponse:
            return self._receive_form(request) if request.method == "POST" else self._open_form(request)

        return form_page

    def json_view(self) -> View:
        @json_only
        @body_limit(self.workflow.report.body_limit_bytes)
        @csrf_with_cookies
        @allow("POST")
        def decide_json(request: HttpRequest) -> HttpResponse:
            report = read_json(request, self.workflow.report)
            key, retry_of = request.headers.get(IDEMPOTENCY_KEY), request.headers.get(RETRY_OF)
            trace = submit(self.workflow, request, report, source=Source.API, key=key, retry_of=retry_of)
            if trace.status == Status.RUNNING:
                raise self._still_running(trace)
            return self._json(trace)

        return decide_json

    def result_view(self) -> View:
        @allow("GET")
        def result(request: HttpRequest, trace_id: str) -> HttpResponse:
            accepted = preferred_type(request, JSON, PAGE)
            if accepted is None:
                raise Refusal(HTTPStatus.NOT_ACCEPTABLE, "not_acceptable", "This is available as JSON or as a page.")
            if accepted == PAGE and (redirect := redirect_to_sign_in(request)):
                return redirect
            trace = self._readable(request, trace_id)
            if trace is None:
                raise Http404
            response = self._json(trace) if accepted == JSON else self._result_page(request, trace)
            patch_vary_headers(response, ["Accept"])
            return response

        return result

    def feedback_view(self) -> View:
        @body_limit(FEEDBACK_LIMIT_BYTES)
        @csrf_with_cookies
        @allow("POST")
        def feedback(request: HttpRequest, trace_id: str) -> HttpResponse:
            trace = self._readable(request, trace_id)
            # Only the sender may give feedback. Anyone else gets the response for an unknown id.
            if trace is None or trace.submitter != submitter_of(request):
                raise Http404
            verdict = read_verdict(request, self.workflow.feedback)
            give_feedback(self.workflow, trace, verdict)
            if not wants_page(request):
                return JsonResponse({"verdict": verdict})
            # The fragment brings the answer into view and moves the focus to it.
            return self._redirect(trace, fragment="#feedback-title")

        return feedback

    # ---- The form

    def _open_form(self, request: HttpRequest) -> HttpResponse:
        # With `submission`, the page's script asks for a row and still holds a text. A redirect would lose the text,
        # so a missing sign-in becomes a refusal there.
        if "submission" not in request.GET and (redirect := redirect_to_sign_in(request)):
            return redirect
        if request.GET:
            return self._resume_form(request)
        return remember_browser(request, self._form_page(request, self._form(), submission_key=_fresh_key()))

    def _receive_form(self, request: HttpRequest) -> HttpResponse:
        """Respond to a refusal or a failure with the form as it was sent, so that the text is not lost."""
        form = self._form(request.POST)
        key, retry_of = request.POST.get("submission_key"), request.POST.get("retry_of")
        marks = {"submission_key": key, "retry_of": retry_of}
        if not form.is_valid():
            return self._form_page(request, form, **marks, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            trace = submit(self.workflow, request, form.report, source=Source.WEB, key=key, retry_of=retry_of)
        except Refusal as refusal:
            marks = {"submission_key": _fresh_key()} if refusal.errors else marks
            response = self._form_page(request, form, **marks, refusal=refusal, status=refusal.status)
            set_headers(response, refusal)
            return response
        if trace.status != Status.FAILED:
            return self._redirect(trace)
        retry_of = self.workflow.shown_id(trace.trace_id) if _may_retry(trace.submitter, trace) else None
        response = self._form_page(request, form, submission_key=_fresh_key(), retry_of=retry_of, failed=trace)
        response["Content-Location"] = self._address(trace)
        return response

    def _form_after_csrf_failure(self, request: HttpRequest, refusal: Refusal) -> HttpResponse:
        marks = {"submission_key": request.POST.get("submission_key"), "retry_of": request.POST.get("retry_of")}
        return self._form_page(request, self._form(request.POST), **marks, refusal=refusal, status=refusal.status)

    def _resume_form(self, request: HttpRequest) -> HttpResponse:
        """
        Open the form on an earlier request: the row of a submission key, or a failed trace to retry.

        A page that lost its answer comes here with its submission key. A retry is checked again when it is sent.
        """
        key, retry_of = request.GET.get("submission"), request.GET.get("retry_of")
        submitter = submitter_of(request)
        marks = read_submission(self.workflow, source=Source.WEB, submitter=submitter, key=key, retry_of=retry_of)
        # Programs may choose keys that others can guess, so only rows that a form sent are found.
        sent = None if submitter == OPEN else TraceRecord.objects.find_submission(marks, at=timezone.now())
        if sent and (sent.source, sent.workflow) == (Source.WEB, self.workflow.name):
            return self._redirect(sent)
        retried = self._readable(request, marks.retry_of) if marks.retry_of else None
        if retried and _may_retry(marks.submitter, retried):
            form = self._form(initial=self.retry_initial(retried))
            retry_of = self.workflow.shown_id(retried.trace_id)
            return self._form_page(request, form, submission_key=_fresh_key(), retry_of=retry_of)
        no_earlier = "report" if key else "retry" if retry_of else None
        page = self._form_page(request, self._form(), submission_key=key or _fresh_key(), no_earlier=no_earlier)
        return remember_browser(request, page)

    def _form(self, *sent: Any, **initial: Any) -> ReportForm:
        return self.form(*sent, report_type=self.workflow.report, **initial)

    def _form_page(
        self, request: HttpRequest, form: ReportForm, *, status: int = HTTPStatus.OK, **context: Any
    ) -> HttpResponse:
        context |= {
            **self._shared_context(),
            **self.form_context(),
            "form": form,
            "text_field": form[self.workflow.report.text_field],
            "patience_seconds": settings.DECISION_DEADLINE_SECONDS + PATIENCE_SECONDS,
        }
        if failed := context.get("failed"):
            context |= self._trace_context(failed)
        return render(request, self._templates("form.html"), context, status=status)

    # ---- The result

    def _readable(self, request: HttpRequest, trace_id: str) -> TraceRecord | None:
        try:
            traces = readable_traces(submitter_of(request)).filter(workflow=self.workflow.name)
            return traces.read(trace_id, at=timezone.now())
        except TraceRecord.DoesNotExist:
            return None

    def _result_page(self, request: HttpRequest, trace: TraceRecord) -> HttpResponse:
        elapsed = max(0, int((timezone.now() - trace.started_at).total_seconds()))
        context = {
            **self._shared_context(),
            **self._trace_context(trace),
            "trace": trace,
            "elapsed_seconds": elapsed,
            "retryable": _may_retry(submitter_of(request), trace),
            "product": self._product(trace),
            "feedback": self._feedback(request, trace),
            **self.result_context(trace),
        }
        return render(request, self._templates("result.html"), context)

    def _feedback(self, request: HttpRequest, trace: TraceRecord) -> dict[str, Any] | None:
        """Return what the sender may say of a completed result, and what they have said."""
        verdicts = self.workflow.feedback
        if not verdicts or trace.status != Status.COMPLETED or trace.submitter != submitter_of(request):
            return None
        given = feedback_on(trace)
        return {"verdicts": verdicts, "given": verdicts.get(given or ""), "address": f"{self._address(trace)}/feedback"}

    def _json(self, trace: TraceRecord) -> HttpResponse:
        workflow, product = self.workflow, self._product(trace)
        response = workflow.respond(trace, workflow.shown_id(trace.trace_id), workflow.sentence_of(trace), product)
        return HttpResponse(response.model_dump_json(), content_type=JSON)

    def _product(self, trace: TraceRecord) -> Contract | None:
        """
        Return what a completed request produced, None for a workflow without products.

        :raises Refusal: 410, it was deleted
        """
        products = self.workflow.products
        if products is None or trace.status != Status.COMPLETED:
            return None
        product = products.find(trace.trace_id)
        if product is None:
            raise Refusal(HTTPStatus.GONE, "gone", products.gone(trace))
        return product

    def _still_running(self, trace: TraceRecord) -> Refusal:
        return Refusal(
            HTTPStatus.CONFLICT,
            "still_running",
            "This submission is still being decided.",
            headers={"Location": self._address(trace)},
            extra={"trace_url": self._address(trace)},
        )

    def _redirect(self, trace: TraceRecord, fragment: str = "") -> HttpResponse:
        return HttpResponse(status=HTTPStatus.SEE_OTHER, headers={"Location": self._address(trace) + fragment})

    def _address(self, trace: TraceRecord) -> str:
        return reverse(f"{self.workflow.name}:result", kwargs={"trace_id": trace.trace_id})

    def _shared_context(self) -> dict[str, Any]:
        """Return what the shared templates take from the workflow: its words, addresses and own small templates."""
        name = self.workflow.name
        return {
            "words": self.workflow.words,
            "form_address": reverse(f"{name}:form"),
            "awaited_id": f"{self.workflow.id_prefix}_{'0' * 26}",
            **{f"{part}_template": self._templates(f"{part}.html") for part in ("heading", "running", "advice")},
        }

    def _templates(self, file: str) -> list[str]:
        return [f"{self.workflow.name}/{file}", f"decisions/{file}"]

    def _trace_context(self, trace: TraceRecord) -> dict[str, Any]:
        return {
            "shown_id": self.workflow.shown_id(trace.trace_id),
            "error": self.workflow.sentence_of(trace),
            "result_address": self._address(trace),
        }


def _may_retry(submitter: str, trace: TraceRecord) -> bool:
    """Return whether the submitter may retry. After an unknown account they must correct it, which is a new report."""
    own = trace.submitter == submitter
    return own and trace.status == Status.FAILED and trace.error_code != ErrorCode.ACCOUNT_UNKNOWN


def _fresh_key() -> str:
    return secrets.token_urlsafe(16)
