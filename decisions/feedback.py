"""The sender of a request says once whether its result was right. Only a closed value is kept."""

from collections.abc import Mapping
from http import HTTPStatus

from django.http import HttpRequest
from django.utils import timezone

from access.bodies import FORMS, invalid, read_json
from access.refusals import FieldError, Refusal
from decisions.contract import Contract
from decisions.workflow import Workflow
from traces.codes import Status
from traces.feedback import Feedback
from traces.models import TraceRecord
from traces.transitions import feedback_given


class Verdict(Contract):
    """What is sent as JSON."""

    verdict: str


def read_verdict(request: HttpRequest, verdicts: Mapping[str, str]) -> str:
    """
    Read the verdict from a form or from JSON.

    :raises Refusal: 422, it is none of the workflow's
    """
    is_form = request.content_type in FORMS
    sent = request.POST.get("verdict", "") if is_form else read_json(request, Verdict).verdict
    if sent not in verdicts:
        raise invalid([FieldError("verdict", "unknown_verdict", f"Choose one of {', '.join(verdicts)}.")])
    return sent


def give_feedback(workflow: Workflow, trace: TraceRecord, verdict: str) -> None:
    """
    Keep the verdict. Giving the same one again changes nothing.

    :raises Refusal: 409, the trace has no result, or another verdict was given before
    """
    if trace.status != Status.COMPLETED:
        detail = f"There is no {workflow.words.result} to judge: the request is running or has failed."
        raise Refusal(HTTPStatus.CONFLICT, "no_result", detail)
    given = {"workflow": workflow.name, "verdict": verdict, "created_at": timezone.now()}
    feedback, is_new = Feedback.objects.get_or_create(trace_id=trace.pk, defaults=given)
    if is_new:
        feedback_given.send_robust(Feedback, feedback=feedback)
    elif feedback.verdict != verdict:
        detail = f"You have judged this {workflow.words.result} before, and that stays."
        raise Refusal(HTTPStatus.CONFLICT, "already_judged", detail)


def feedback_on(trace: TraceRecord) -> str | None:
    return Feedback.objects.filter(pk=trace.pk).values_list("verdict", flat=True).first()
