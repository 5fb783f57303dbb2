"""The form of a workflow, with and without script: opened, sent, opened again on an earlier request."""

import secrets
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseFault
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from access.admission import holds_a_place
from access.bodies import body_limit
from access.csrf import when_refused
from access.refusals import Refusal, View, allow, set_headers
from access.sign_in import redirect_to_sign_in
from access.submitters import OPEN, remember_browser, submitter_of
from decisions.destination import destination
from decisions.forms import ReportForm
from decisions.interface import Interface, may_retry
from decisions.reviews import review_words
from decisions.sentences import sentence_of
from decisions.submissions import read_submission
from decisions.submit import submit
from traces.codes import Source, Status
from traces.models import TraceRecord

# How long a page waits for an answer beyond the deadline before it looks for the row instead.
PATIENCE_SECONDS = 10


class FormViews(Interface):
    def form_context(self, request: HttpRequest, form: ReportForm, earlier: TraceRecord | None) -> dict[str, Any]:
        """Return more for the templates. The form is shown again after the failed trace `earlier`, if there is one."""
        return {}

    def retry_initial(self, trace: TraceRecord) -> dict[str, Any]:
        """Return the initial values of a retry's form. The text is never among them, because it is not kept."""
        return {}

    def form_view(self) -> View:
        @when_refused(self._form_after_refusal)
        @body_limit(self.workflow.report.body_limit_bytes)
        @allow("GET", "POST")
        def form_page(request: HttpRequest) -> HttpResponse:
            return self._receive_form(request) if request.method == "POST" else self._open_form(request)

        return form_page

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
            return self._refused_form(request, form, refusal, **marks)
        if trace.status != Status.FAILED:
            return self.redirect(trace)
        retry_of = self.workflow.shown_id(trace.trace_id) if may_retry(trace.submitter, trace) else None
        response = self._form_page(request, form, submission_key=_fresh_key(), retry_of=retry_of, failed=trace)
        response["Content-Location"] = self.address(trace)
        return response

    def _form_after_refusal(self, request: HttpRequest, refusal: Refusal) -> HttpResponse:
        marks = {"submission_key": request.POST.get("submission_key"), "retry_of": request.POST.get("retry_of")}
        return self._refused_form(request, self._form(request.POST), refusal, **marks)

    def _refused_form(
        self, request: HttpRequest, form: ReportForm, refusal: Refusal, **marks: str | None
    ) -> HttpResponse:
        response = self._form_page(request, form, **marks, refusal=refusal, status=refusal.status)
        set_headers(response, refusal)
        return response

    def _resume_form(self, request: HttpRequest) -> HttpResponse:
        """
        Open the form on an earlier request: the row of a submission key, or a failed trace to retry.

        A page that lost its answer comes here with its submission key. A retry is checked again when it is sent.
        """
        key, retry_of = request.GET.get("submission"), request.GET.get("retry_of")
        no_earlier = "report" if key else "retry" if retry_of else None
        submitter = submitter_of(request)
        try:
            marks = read_submission(self.workflow, source=Source.WEB, submitter=submitter, key=key, retry_of=retry_of)
        except Refusal as refusal:
            context = {"submission_key": _fresh_key(), "no_earlier": no_earlier}
            return self._form_page(request, self._form(), status=refusal.status, **context)
        # Programs may choose keys that others can guess, so only rows that a form sent are found.
        sent = None if submitter == OPEN else TraceRecord.objects.find_submission(marks, at=timezone.now())
        if sent and (sent.source, sent.workflow) == (Source.WEB, self.workflow.name):
            return self.redirect(sent)
        retried = self.readable(request, marks.retry_of) if marks.retry_of else None
        if retried and may_retry(marks.submitter, retried):
            form = self._form(initial=self.retry_initial(retried))
            retry_of = self.workflow.shown_id(retried.trace_id)
            return self._form_page(request, form, submission_key=_fresh_key(), retry_of=retry_of, retried=retried)
        # Of the sender's own failure that trying again cannot mend.
        no_retry = sentence_of(self.workflow, retried) if retried and retried.submitter == submitter else None
        context = {"submission_key": key or _fresh_key(), "no_earlier": no_earlier, "no_retry": no_retry}
        return remember_browser(request, self._form_page(request, self._form(), status=HTTPStatus.OK, **context))

    def _retried(self, request: HttpRequest, retry_of: str | None) -> TraceRecord | None:
        """Return the trace that a sent form retries. The text in the form matters more than what it retries."""
        with suppress(DatabaseFault, Refusal):
            if retry_of and holds_a_place():
                submitter = submitter_of(request)
                marks = read_submission(
                    self.workflow, source=Source.WEB, submitter=submitter, key=None, retry_of=retry_of
                )
                retried = self.readable(request, marks.retry_of or "")
                return retried if retried and may_retry(submitter, retried) else None
        return None

    def _form(self, *sent: Any, **initial: Any) -> ReportForm:
        return self.form(*sent, report_type=self.workflow.report, **initial)

    def _form_page(
        self, request: HttpRequest, form: ReportForm, *, status: int = HTTPStatus.OK, **context: Any
    ) -> HttpResponse:
        earlier = context.get("failed") or context.get("retried") or self._retried(request, context.get("retry_of"))
        context |= {
            **self.shared_context(),
            **self.form_context(request, form, earlier),
            "earlier": earlier,
            "form": form,
            "text_field": form[self.workflow.report.text_field],
            "destination": destination(),
            "asks_model": settings.DECISION_PROVIDER != "rules",
            "patience_seconds": settings.DECISION_DEADLINE_SECONDS + PATIENCE_SECONDS,
        }
        if earlier:
            context |= self.trace_context(earlier)
        if failed := context.get("failed"):
            context["reviewable"] = review_words(failed) is not None
        return render(request, self.templates("form.html"), context, status=status)


def _fresh_key() -> str:
    return secrets.token_urlsafe(16)
