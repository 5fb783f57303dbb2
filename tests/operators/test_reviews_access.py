"""Which users may review which traces, and that nobody may change a review."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from operators.story import page_address
from rotation.words import REVIEW
from tests.ledger.rows import insert
from tests.operators.reviewing import FINDING, NOT_REVIEWABLE, PAGE, PERMISSIONS, operator, page_of, review, signed_in
from traces.models import TraceRecord
from traces.reviews import Review

pytestmark = pytest.mark.django_db

REVIEWS = "/admin/traces/review/"


@pytest.fixture
def client(ada: User) -> Client:
    return signed_in(ada)


def test_a_trace_that_needs_no_review_is_refused_with_a_reason(client: Client, subtests: pytest.Subtests) -> None:
    for name, row in NOT_REVIEWABLE.items():
        page = page_of(insert(row))
        for method in ("GET", "POST"):
            with subtests.test(f"{method} {name}"):
                answer = client.generic(method, page)
                assertContains(answer, "This trace cannot be reviewed.", status_code=403)


def test_the_page_without_a_trace_redirects_to_the_queue_and_an_unknown_one_is_not_found(client: Client) -> None:
    assertRedirects(client.get(PAGE), "/admin/traces/tracerecord/?review=waiting")
    assert client.get(f"{PAGE}?trace=trace_00000000000000000000000000").status_code == 404


@pytest.mark.parametrize("missing", ["view_tracerecord", "add_review"])
def test_a_user_who_may_not_review_is_refused(trace: TraceRecord, missing: str) -> None:
    permissions = tuple(name for name in PERMISSIONS if name != missing)
    other = signed_in(operator("clerk", permissions))

    for answer in (other.get(page_of(trace)), other.post(page_of(trace))):
        assertNotContains(answer, "acct_10234", status_code=403)


def test_nobody_changes_or_deletes_a_review(admin_client: Client, trace: TraceRecord, ada: User) -> None:
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
        assertContains(shown, REVIEW.outcomes[FINDING["outcome"]])


def test_a_user_who_may_only_see_traces_reads_no_review_and_no_link_to_one(client: Client, trace: TraceRecord) -> None:
    engineer = signed_in(operator("engineer", ("view_tracerecord",)))
    assertContains(client.get(page_address(trace.pk)), f'href="{page_of(trace)}"')
    assertNotContains(engineer.get(page_address(trace.pk)), f"{PAGE}?trace=")
    for row in NOT_REVIEWABLE.values():
        assertNotContains(client.get(page_address(insert(row).pk)), f"{PAGE}?trace=")

    review(trace, by=operator("ben"))

    assertContains(client.get(page_address(trace.pk)), "Review 1")
    assertNotContains(engineer.get(page_address(trace.pk)), "Review 1")
