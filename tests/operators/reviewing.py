"""Traces that wait for a review, reviews and reviewers; valid unless a test changes them."""

from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client

from operators.review_queue import add_review
from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW, LATER, RUNNING_ROW, insert
from traces.models import TraceRecord
from traces.reviews import Review

PAGE = "/admin/traces/review/add/"
FINDING = {"outcome": "cannot_tell", "reason": "ambiguous", "note": "The owner is away until Monday."}
WRITTEN = {"seen": "0", **FINDING}
NOT_REVIEWABLE = {
    "running": RUNNING_ROW,
    "failed": FAILED_ROW,
    "eligible": COMPLETED_ROW,
    "from an eval": COMPLETED_ROW | {"decision": "needs_review", "source": "eval"},
}
PERMISSIONS = ("view_tracerecord", "view_review", "add_review")


def needs_review(**changes: Any) -> TraceRecord:
    return insert(COMPLETED_ROW | {"decision": "needs_review"} | changes)


def operator(name: str = "ada", permissions: tuple[str, ...] = PERMISSIONS) -> User:
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="traces", codename__in=permissions))
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def review(trace: TraceRecord, *, by: User, seen: int = 0, **changes: str) -> Review:
    stored, _ = add_review(trace.pk, **(FINDING | changes), seen=seen, reviewer_id=by.pk, at=LATER)
    return stored


def page_of(trace: TraceRecord) -> str:
    return f"{PAGE}?trace={trace.pk}"
