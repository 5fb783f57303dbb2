"""A request for a review is final but for its note, which ends before the row or with its trace."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests.ledger.rows import NOW
from tests.operators.reviewing import needs_review, operator
from traces.guard import REVIEW_REQUESTS
from traces.identifiers import new_trace_id
from traces.models import TraceRecord
from traces.review_requests import ReviewRequest
from traces.reviews import Review

pytestmark = pytest.mark.django_db


def ask(trace_id: str | None = None, *, days_ago: int = 100) -> ReviewRequest:
    at = timezone.now() - timedelta(days=days_ago)
    trace_id = trace_id or needs_review(started_at=at, finished_at=at).pk
    return ReviewRequest.objects.create(trace_id=trace_id, workflow="rotation", requested_at=at, note="Please.")


def review(request: ReviewRequest, *days_ago: int) -> None:
    for number, days in enumerate(days_ago, start=1):
        at = timezone.now() - timedelta(days=days)
        finding = {"outcome": "cannot_tell", "reason": "ambiguous", "reviewer": operator(f"{request.pk}-{number}")}
        Review.objects.create(trace_id=request.pk, number=number, reviewed_at=at, **finding)


def test_the_database_refuses_any_change_but_an_empty_note(subtests: pytest.Subtests) -> None:
    request, other = ask(), needs_review()
    changed: tuple[dict[str, Any], ...] = ({"workflow": "x"}, {"requested_at": NOW}, {"trace_id": other.pk})

    for change in ({"note": "other"}, *changed, *({"note": ""} | each for each in changed)):
        with (
            subtests.test(str(change)),
            pytest.raises(IntegrityError, match=REVIEW_REQUESTS.refusal),
            transaction.atomic(),
        ):
            ReviewRequest.objects.filter(pk=request.pk).update(**change)
    ReviewRequest.objects.filter(pk=request.pk).update(note="")

    assert ReviewRequest.objects.get().note == ""
    assert str(request) == f"request to review {request.pk}"


def test_a_note_ends_thirty_days_after_the_first_review(capsys: pytest.CaptureFixture[str]) -> None:
    ended, ends_later, open_ = ask(), ask(), ask()
    review(ended, 31, 1)
    review(ends_later, 29)
    orphan = ask(new_trace_id(), days_ago=1)

    call_command("prune_review_notes", "--dry-run")
    before = ReviewRequest.objects.exclude(note="").count()
    call_command("prune_review_notes")

    said = capsys.readouterr().out.splitlines()
    assert said == [
        "Would delete 2 review notes older than 30 days.",
        "Deleted 2 review notes older than 30 days.",
    ]
    assert before == 4
    with_note = set(ReviewRequest.objects.exclude(note="").values_list("pk", flat=True))
    assert with_note == {ends_later.pk, open_.pk}
    assert ReviewRequest.objects.filter(pk__in=[ended.pk, orphan.pk]).count() == 2


def test_a_request_is_deleted_with_its_trace_also_one_that_another_release_left() -> None:
    old, young = ask(), ask(days_ago=1)
    review(old, 50)
    ask(new_trace_id())
    ask(new_trace_id(), days_ago=1)

    call_command("prune_traces", verbosity=0)

    assert set(TraceRecord.objects.values_list("pk", flat=True)) == {young.pk}
    assert ReviewRequest.objects.filter(pk=young.pk).exists()
    assert ReviewRequest.objects.count() == 2
