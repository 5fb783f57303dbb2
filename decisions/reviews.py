"""A sender asks a person to look at a result once, and reads what the person found. The trace never changes."""

from datetime import datetime
from http import HTTPStatus

from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.datastructures import MultiValueDictKeyError
from pydantic import ValidationError

from access.bodies import FORMS, MESSAGES, field_errors, invalid, read_json
from access.refusals import FieldError, Refusal
from decisions.registry import find_workflow
from decisions.review_contract import Question, ReviewState
from decisions.sentences import retry_can_help
from decisions.workflow import ReviewWords
from traces.codes import Source, Status
from traces.models import TraceRecord
from traces.review_requests import ReviewRequest
from traces.reviews import Review


def review_words(trace: TraceRecord) -> ReviewWords | None:
    """
    Return the words of a trace that a person may be asked about, None for any other trace.

    It ended in its workflow's reviewable decision, or in a failure that no retry helps. What a person was asked about
    or has reviewed stays so, after the earlier attempt is deleted that showed that a retry did not help.
    """
    workflow = find_workflow(trace.workflow)
    words = workflow.review if workflow else None
    if words is None or trace.source == Source.EVAL or trace.status == Status.RUNNING:
        return None
    if trace.status == Status.COMPLETED:
        return words if trace.decision == words.reviewable else None
    is_untouched = trace.retry_of is None or review_state(trace).status == "none"
    return None if retry_can_help(trace) and is_untouched else words


def review_state(trace: TraceRecord) -> ReviewState:
    """Return the request for a review and the latest review. A trace may have a review without a request."""
    requested_at = ReviewRequest.objects.filter(pk=trace.pk).values_list("requested_at", flat=True).first()
    latest = Review.objects.filter(trace=trace.pk).order_by("-number").first()
    return ReviewState(
        status="reviewed" if latest else "requested" if requested_at else "none",
        outcome=latest.outcome if latest else None,
        reason=latest.reason if latest else None,
        requested_at=requested_at,
        reviewed_at=latest.reviewed_at if latest else None,
    )


def read_question(request: HttpRequest) -> str:
    """
    Read the note from a form or from JSON.

    :raises Refusal: 422, it is too long or looks like it holds a secret
    """
    if request.content_type not in FORMS:
        return read_json(request, Question).note
    try:
        # A form that did not arrive whole has no note at all. It must not use up the only request.
        return Question(note=request.POST["note"]).note
    except MultiValueDictKeyError:
        raise invalid([FieldError("note", "missing", MESSAGES["missing"])]) from None
    except ValidationError as error:
        raise invalid(field_errors(error, Question.model_fields)) from None


def ask_a_person(trace: TraceRecord, note: str, *, at: datetime) -> None:
    """
    Keep the request. Asking again changes nothing, with the same note or after the note has ended.

    :raises Http404: it was deleted
    :raises Refusal: 409, the result is not reviewable, it was reviewed, or another note was sent before
    """
    with transaction.atomic(durable=True):
        # One at a time for a trace, also with a review: PostgreSQL locks the row, SQLite the database.
        get_object_or_404(TraceRecord.objects.select_for_update(no_key=True), pk=trace.pk)
        asked = ReviewRequest.objects.filter(pk=trace.pk).first()
        if asked is None and review_words(trace) is None:
            detail = "A person looks only at a result that trying again cannot settle."
            raise Refusal(HTTPStatus.CONFLICT, "not_reviewable", detail)
        if asked is None and Review.objects.filter(trace=trace.pk).exists():
            raise Refusal(HTTPStatus.CONFLICT, "already_reviewed", "A person has looked at this already.")
        if asked is None:
            ReviewRequest.objects.create(trace_id=trace.pk, workflow=trace.workflow, requested_at=at, note=note)
        elif asked.note and asked.note != note:
            detail = "You have asked a person before. The note cannot be changed."
            raise Refusal(HTTPStatus.CONFLICT, "already_asked", detail)
