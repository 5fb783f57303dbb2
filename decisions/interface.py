"""What the views of a workflow share: its class values, addresses, templates and what these get."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from access.refusals import JSON, Refusal
from access.submitters import readable_traces, submitter_of
from decisions.contract import Contract
from decisions.forms import ReportForm
from decisions.reviews import review_words
from decisions.sentences import retry_can_help, sentence_for_program, sentence_of
from decisions.workflow import Workflow
from traces.codes import ErrorCode, Status
from traces.models import TraceRecord


class Interface:
    """The base of a workflow's views. `decisions/views.py` says what a workflow's own class may add."""

    workflow: ClassVar[Workflow]
    form: ClassVar[type[ReportForm]]

    def readable(self, request: HttpRequest, trace_id: str) -> TraceRecord | None:
        """
        Return the workflow's trace if the sender may read it.

        :raises Refusal: see `asker_of`
        """
        try:
            traces = readable_traces(submitter_of(request)).filter(workflow=self.workflow.name)
            return traces.read(trace_id, at=timezone.now())
        except TraceRecord.DoesNotExist:
            return None

    def json_response(self, trace: TraceRecord) -> HttpResponse:
        """
        Link the page and, where a person may be asked, what they found: JSON does not say why `needs_review`.

        :raises Refusal: 410, see `product`
        """
        workflow, product = self.workflow, self.product(trace)
        sentence = sentence_for_program(workflow, trace)
        response = workflow.respond(trace, workflow.shown_id(trace.trace_id), sentence, product)
        links = [f'<{self.address(trace)}>; rel="alternate"; type="text/html"']
        if review_words(trace):
            links.append(f'<{self.address(trace)}/review>; rel="related"')
        return HttpResponse(response.model_dump_json(), content_type=JSON, headers={"Link": ", ".join(links)})

    def product(self, trace: TraceRecord) -> Contract | None:
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

    def redirect(self, trace: TraceRecord, fragment: str = "") -> HttpResponse:
        return HttpResponse(status=HTTPStatus.SEE_OTHER, headers={"Location": self.address(trace) + fragment})

    def address(self, trace: TraceRecord) -> str:
        return reverse(f"{self.workflow.name}:result", kwargs={"trace_id": trace.trace_id})

    def templates(self, file: str) -> list[str]:
        return [f"{self.workflow.name}/{file}", f"decisions/{file}"]

    def shared_context(self) -> dict[str, Any]:
        """Return what the shared templates take from the workflow: its words, addresses and own small templates."""
        name = self.workflow.name
        return {
            "words": self.workflow.words,
            "form_address": reverse(f"{name}:form"),
            "deadline_seconds": settings.DECISION_DEADLINE_SECONDS,
            "awaited_id": f"{self.workflow.id_prefix}_{'0' * 26}",
            **{f"{part}_template": self.templates(f"{part}.html") for part in ("heading", "running", "advice")},
        }

    def trace_context(self, trace: TraceRecord) -> dict[str, Any]:
        return {
            "shown_id": self.workflow.shown_id(trace.trace_id),
            "error": sentence_of(self.workflow, trace),
            "result_address": self.address(trace),
        }


def may_retry(submitter: str, trace: TraceRecord) -> bool:
    """
    Return whether the pages offer the submitter a retry.

    After an unknown account they must correct it, which is a new report. Programs may retry any failed trace.
    """
    failed_own = trace.submitter == submitter and trace.status == Status.FAILED
    return failed_own and trace.error_code != ErrorCode.ACCOUNT_UNKNOWN and retry_can_help(trace)
