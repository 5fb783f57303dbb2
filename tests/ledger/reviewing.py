"""Traces that wait for a review, reviews, and who makes them; right unless a test says otherwise."""

from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client

from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW, LATER, RUNNING_ROW, insert
from traces.models import TraceRecord
from traces.review_queue import NEEDS_REVIEW, Finding, add_review
from traces.reviews import Review, ReviewOutcome, ReviewReason

PAGE = "/admin/traces/review/add/"
FINDING = Finding(
    outcome=ReviewOutcome.CANNOT_TELL, reason=ReviewReason.AMBIGUOUS, note="The owner is away until Monday."
)
WRITTEN = {"seen": "0", "outcome": "cannot_tell", "reason": "ambiguous", "note": FINDING.note}
NOT_REVIEWABLE = {
    "running": RUNNING_ROW,
    "failed": FAILED_ROW,
    "eligible": COMPLETED_ROW,
    "from an eval": COMPLETED_ROW | {"decision": NEEDS_REVIEW, "source": "eval"},
}
PERMISSIONS = ("view_tracerecord", "view_review", "add_review")


def needs_review(**changes: Any) -> TraceRecord:
    return insert(COMPLETED_ROW | {"decision": NEEDS_REVIEW} | changes)


def operator(name: str = "ada", permissions: tuple[str, ...] = PERMISSIONS) -> User:
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="traces", codename__in=permissions))
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def review(trace: TraceRecord, *, by: User, seen: int = 0, finding: Finding = FINDING) -> Review:
    return add_review(trace.pk, finding, seen=seen, reviewer_id=by.pk, at=LATER)


def page_of(trace: TraceRecord) -> str:
    return f"{PAGE}?trace={trace.pk}"
