"""The JSON route of a workflow, the stored result of either interface, and what its sender says and asks of it."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from access.admission import holds_a_place
from access.bodies import body_limit, read_json
from access.csrf import csrf_with_cookies, when_refused
from access.refusals import (
    JSON,
    PAGE,
    Refusal,
    View,
    accepted_type,
    allow,
    json_only,
    refuse,
    set_headers,
    wants_page,
)
from access.sign_in import redirect_to_sign_in
from access.submitters import mail_address_of, submitter_of
from decisions.feedback import feedback_on, give_feedback, read_verdict
from decisions.interface import Interface, may_retry
from decisions.reviews import ask_a_person, read_question, review_state, review_words
from decisions.submissions import IDEMPOTENCY_KEY, RETRY_OF
from decisions.submit import submit
from traces.codes import Source, Status
from traces.models import TraceRecord

FEEDBACK_LIMIT_BYTES = 1024


class ResultViews(Interface):
    def result_context(self, trace: TraceRecord) -> dict[str, Any]:
        return {}

    def json_view(self) -> View:
        @json_only
        @body_limit(self.workflow.report.body_limit_bytes)
        @csrf_with_cookies
        @allow("POST")
        def decide_json(request: HttpRequest) -> HttpResponse:
            accepted_type(request)
            report = read_json(request, self.workflow.report)
            key, retry_of = request.headers.get(IDEMPOTENCY_KEY), request.headers.get(RETRY_OF)
            trace = submit(self.workflow, request, report, source=Source.API, key=key, retry_of=retry_of)
            if trace.status == Status.RUNNING:
                raise self._still_running(trace)
            return self.json_response(trace)

        return decide_json

    def result_view(self) -> View:
        @allow("GET")
        def result(request: HttpRequest, trace_id: str) -> HttpResponse:
            accepted = accepted_type(request)
            if accepted == PAGE and (redirect := redirect_to_sign_in(request)):
                return redirect
            trace = self.readable(request, trace_id)
            if trace is None:
                raise Http404
            response = self.json_response(trace) if accepted == JSON else self._result_page(request, trace)
            patch_vary_headers(response, ["Accept"])
            return response

        return result

    def feedback_view(self) -> View:
        @body_limit(FEEDBACK_LIMIT_BYTES)
        @csrf_with_cookies
        @allow("POST")
        def feedback(request: HttpRequest, trace_id: str) -> HttpResponse:
            accepted = accepted_type(request)
            trace = self.readable(request, trace_id)
            # Only the sender may give feedback. Anyone else gets the response for an unknown id.
            if trace is None or trace.submitter != submitter_of(request):
                raise Http404
            self.product(trace)
            verdict = read_verdict(request, self.workflow.feedback)
            give_feedback(self.workflow, trace, verdict)
            if accepted == JSON:
                return JsonResponse({"verdict": verdict})
            # The fragment brings the answer into view and moves the focus to it.
            return self.redirect(trace, fragment="#feedback-title")

        return feedback

    def review_view(self) -> View:
        @when_refused(self._page_after_refusal)
        @csrf_with_cookies
        @allow("GET", "POST")
        def review(request: HttpRequest, trace_id: str) -> HttpResponse:
            accepted = accepted_type(request)
            trace, asks = self.readable(request, trace_id), request.method == "POST"
            # Every reader of the result may read the review. Only the sender may ask for one.
            if trace is None or (asks and trace.submitter != submitter_of(request)):
                raise Http404
            try:
                if asks:
                    ask_a_person(trace, read_question(request), at=timezone.now())
            except Refusal as refusal:
                if accepted == JSON or review_words(trace) is None:
                    raise
                return self._result_page(request, trace, refusal)
            to_page = self.redirect(trace, fragment="#review-title")
            state = HttpResponse(review_state(trace).model_dump_json(), content_type=JSON)
            response = to_page if accepted == PAGE else state
            patch_vary_headers(response, ["Accept"])
            return response

        return review

    def _page_after_refusal(self, request: HttpRequest, refusal: Refusal) -> HttpResponse:
        """Keep a note that was refused before its view, on the page of its result."""
        found = request.resolver_match if wants_page(request) and holds_a_place() else None
        trace = self.readable(request, found.kwargs["trace_id"]) if found else None
        shows_it = trace is not None and review_words(trace) is not None
        return self._result_page(request, trace, refusal) if trace and shows_it else refuse(request, refusal)

    def _result_page(self, request: HttpRequest, trace: TraceRecord, refusal: Refusal | None = None) -> HttpResponse:
        """Show the result. A `refusal` is that of a question to a person."""
        elapsed = max(0, int((timezone.now() - trace.started_at).total_seconds()))
        context = {
            **self.shared_context(),
            **self.trace_context(trace),
            "trace": trace,
            "elapsed_seconds": elapsed,
            "retryable": may_retry(submitter_of(request), trace),
            "product": self.product(trace),
            "feedback": self._feedback(request, trace),
            "review": self._review(request, trace),
            "refusal": refusal,
            **self.result_context(trace),
        }
        response = render(request, self.templates("result.html"), context, status=refusal.status if refusal else None)
        if refusal:
            set_headers(response, refusal)
        return response

    def _feedback(self, request: HttpRequest, trace: TraceRecord) -> dict[str, Any] | None:
        """Return what the sender may say of a completed result, and what they have said."""
        verdicts = self.workflow.feedback
        if not verdicts or trace.status != Status.COMPLETED or trace.submitter != submitter_of(request):
            return None
        given = feedback_on(trace)
        return {"verdicts": verdicts, "given": verdicts.get(given or ""), "address": f"{self.address(trace)}/feedback"}

    def _review(self, request: HttpRequest, trace: TraceRecord) -> dict[str, Any] | None:
        """Return what a person found, or whether the sender may ask one. None for a result that is not looked at."""
        words = review_words(trace)
        if words is None:
            return None
        state, is_senders = review_state(trace), trace.submitter == submitter_of(request)
        return {
            "state": state,
            "outcome": words.outcomes.get(state.outcome or "", state.outcome),
            "reason": words.reasons.get(state.reason or "", state.reason),
            "may_ask": is_senders and state.status == "none",
            "mails": is_senders and mail_address_of(trace.submitter) is not None,
            "note": request.POST.get("note", ""),
            "days": settings.REVIEW_NOTE_DAYS,
            "address": f"{self.address(trace)}/review",
        }

    def _still_running(self, trace: TraceRecord) -> Refusal:
        return Refusal(
            HTTPStatus.CONFLICT,
            "still_running",
            "This submission is still being decided. Read it at trace_url.",
            headers={"Location": self.address(trace)},
            extra={"trace_url": self.address(trace)},
        )
