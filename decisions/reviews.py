"""A sender asks a person to look at a result once, and reads what the person found. The trace never changes."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal

from django.db import transaction
from django.http import HttpRequest
from pydantic import ValidationError

from access.bodies import FORMS, field_errors, invalid, read_json
from access.fields import FreeText
from access.refusals import Refusal
from decisions.contract import Contract
from decisions.registry import find_workflow
from decisions.sentences import retry_can_help
from decisions.workflow import ReviewWords
from traces.codes import Source, Status
from traces.models import TraceRecord
from traces.review_requests import ReviewRequest
from traces.reviews import LONGEST_NOTE, Review


class Question(Contract):
    """What a sender may add when they ask a person."""

    note: Annotated[str, FreeText(shortest=0, longest=LONGEST_NOTE)] = ""


class ReviewState(Contract):
    """What has become of a request for a review. `outcome` and `reason` are slugs of the latest review."""

    status: Literal["none", "requested", "reviewed"]
    outcome: str | None
    reason: str | None
    requested_at: datetime | None
    reviewed_at: datetime | None


def review_words(trace: TraceRecord) -> ReviewWords | None:
    """
    Return the words of a trace that a person may be asked about, None for any other trace.

    It ended in its workflow's reviewable decision, or in a failure that no retry helps. A request keeps it open to
    review: its earlier attempt, which says that a retry did not help, may be deleted first.
    """
    workflow = find_workflow(trace.workflow)
    words = workflow.review if workflow else None
    if words is None or trace.source == Source.EVAL or trace.status == Status.RUNNING:
        return None
    if trace.status == Status.COMPLETED:
        return words if trace.decision == words.reviewable else None
    is_open = not retry_can_help(trace) or ReviewRequest.objects.filter(pk=trace.pk).exists()
    return words if is_open else None


def review_state(trace: TraceRecord) -> ReviewState:
    """Return whether a person was asked, and what the latest review found, also of a trace nobody asked about."""
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
        return Question(note=request.POST.get("note", "")).note
    except ValidationError as error:
        raise invalid(field_errors(error, Question.model_fields)) from None


def ask_a_person(trace: TraceRecord, note: str, *, at: datetime) -> None:
    """
    Keep the request. Asking again with the same note changes nothing.

    :raises TraceRecord.DoesNotExist: it was deleted
    :raises Refusal: 409, nobody may be asked about it, it was reviewed, or another note was sent before
    """
    with transaction.atomic(durable=True):
        # One at a time for a trace, also with a review: PostgreSQL locks the row, SQLite the database.
        TraceRecord.objects.select_for_update(no_key=True).get(pk=trace.pk)
        asked = ReviewRequest.objects.filter(pk=trace.pk).first()
        if asked is None and review_words(trace) is None:
            raise _conflict("not_reviewable", "Only a result that trying again cannot settle is looked at by a person.")
        if asked is None and Review.objects.filter(trace=trace.pk).exists():
            raise _conflict("already_reviewed", "A person has looked at this already.")
        if asked is None:
            ReviewRequest.objects.create(trace_id=trace.pk, workflow=trace.workflow, requested_at=at, note=note)
        elif asked.note != note:
            raise _conflict("already_asked", "You have asked a person before. The note cannot be changed.")


def _conflict(code: str, detail: str) -> Refusal:
    return Refusal(HTTPStatus.CONFLICT, code, detail)
