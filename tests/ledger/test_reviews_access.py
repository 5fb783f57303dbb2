"""Who may review what, and what nobody may do with a review."""

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tests.ledger.reviewing import (
    FINDING,
    NOT_REVIEWABLE,
    PAGE,
    PERMISSIONS,
    operator,
    page_of,
    review,
    signed_in,
)
from tests.ledger.rows import FAILED_ROW, insert
from traces.models import TraceRecord
from traces.reviews import Review

pytestmark = pytest.mark.django_db

REVIEWS = "/admin/traces/review/"


@pytest.fixture
def client(ada: User) -> Client:
    return signed_in(ada)


def test_what_needs_no_review_is_refused_with_a_reason(client: Client, subtests: pytest.Subtests) -> None:
    for name, row in NOT_REVIEWABLE.items():
        page = page_of(insert(row))
        for method in ("GET", "POST"):
            with subtests.test(f"{method} {name}"):
                answer = client.generic(method, page)
                assertContains(answer, "This trace is not up for review.", status_code=403)


def test_without_a_trace_the_page_redirects_to_the_queue(client: Client) -> None:
    assertRedirects(client.get(PAGE), "/admin/traces/tracerecord/?review=waiting")


def test_an_unknown_trace_is_not_found(client: Client) -> None:
    assert client.get(f"{PAGE}?trace=trace_00000000000000000000000000").status_code == 404


@pytest.mark.parametrize("missing", ["view_tracerecord", "add_review"])
def test_a_user_who_may_not_review_is_refused(trace: TraceRecord, missing: str) -> None:
    permissions = tuple(name for name in PERMISSIONS if name != missing)
    other = signed_in(operator("clerk", permissions))

    for answer in (other.get(page_of(trace)), other.post(page_of(trace))):
        assert answer.status_code == 403
        assertNotContains(answer, trace.account_id, status_code=403)


def test_a_review_cannot_be_changed_or_deleted(admin_client: Client, trace: TraceRecord, ada: User) -> None:
    pk = review(trace, by=ada).pk
    before = list(Review.objects.values())

    answers = [
        admin_client.post(f"{REVIEWS}{pk}/change/", {"note": "other"}),
        admin_client.get(f"{REVIEWS}{pk}/delete/"),
        admin_client.post(f"{REVIEWS}{pk}/delete/", {"post": "yes"}),
    ]
    admin_client.post(REVIEWS, {"action": "delete_selected", "_selected_action": pk, "post": "yes"})

    assert [answer.status_code for answer in answers] == [403] * 3
    assert list(Review.objects.values()) == before


def test_reviews_can_be_read(client: Client, trace: TraceRecord, ada: User) -> None:
    pk = review(trace, by=ada).pk

    for address in (REVIEWS, f"{REVIEWS}{pk}/change/"):
        shown = client.get(address)
        assertContains(shown, trace.pk)
        assertContains(shown, FINDING.outcome.label)


def test_a_trace_that_needs_review_links_to_the_form_for_reviewers_only(client: Client, trace: TraceRecord) -> None:
    reader = signed_in(operator("reader", ("view_tracerecord",)))
    address = reverse("admin:traces_tracerecord_change", args=[quote(trace.pk)])

    assertContains(client.get(address), f'href="{page_of(trace)}"')
    assertNotContains(reader.get(address), f"{PAGE}?trace=")


def test_a_trace_that_needs_no_review_has_no_link_to_the_form(client: Client) -> None:
    address = reverse("admin:traces_tracerecord_change", args=[quote(insert(FAILED_ROW).pk)])

    assertNotContains(client.get(address), f"{PAGE}?trace=")


def test_the_story_shows_reviews_only_to_users_who_may_see_them(ada: User, trace: TraceRecord) -> None:
    review(trace, by=ada)
    engineer = signed_in(operator("engineer", permissions=("view_tracerecord",)))
    address = reverse("admin:traces_tracerecord_change", args=[quote(trace.pk)])

    assertContains(signed_in(ada).get(address), "Review 1")
    assertNotContains(engineer.get(address), "Review 1")
