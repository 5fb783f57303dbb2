"""The page on which an operator reviews a decision, without JavaScript."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from operators import review_forms
from operators.story import page_address
from rotation.words import REVIEW
from tests.ledger.rows import stored
from tests.operators.reviewing import FINDING, WRITTEN, operator, page_of, review, signed_in
from traces.models import TraceRecord
from traces.reviews import Review

pytestmark = pytest.mark.django_db

REVIEWS = "/admin/traces/review/"
HOSTILE = "<script>alert(1)</script>\"'&{{ x }}"


@pytest.fixture
def client(ada: User) -> Client:
    return signed_in(ada)


def test_the_page_shows_what_was_decided_and_offers_the_closed_lists(client: Client, trace: TraceRecord) -> None:
    page = client.get(page_of(trace))

    for shown in (trace.pk, "needs_review under P-7, policy@1", "<dt>Age</dt><dd>12 days</dd>", "None yet."):
        assertContains(page, shown)
    assertContains(page, "<dt>Kind</dt><dd>service_account_key</dd>")
    for value in [*REVIEW.outcomes, *REVIEW.reasons]:
        assertContains(page, f'value="{value}"', count=1)


def test_a_review_is_stored_once_and_its_trace_shown_again(client: Client, trace: TraceRecord, ada: User) -> None:
    before = stored(trace)

    answers = [client.post(page_of(trace), WRITTEN) for _ in range(2)]

    for answer in answers:
        assertRedirects(answer, page_address(trace.pk))
    [row] = Review.objects.values_list("number", "reviewer", "outcome", "reason", "note")
    assert row == (1, ada.pk, "cannot_tell", "ambiguous", FINDING["note"])
    assert stored(trace) == before
    queue = '<a href="/admin/traces/tracerecord/?review=waiting">See what else waits for a review</a>'
    assertContains(client.post(page_of(trace), WRITTEN, follow=True), queue)


def test_a_second_reviewer_sees_the_first_review(client: Client, trace: TraceRecord) -> None:
    review(trace, by=operator("ben"))

    page = client.get(page_of(trace))

    for shown in ("ben", REVIEW.outcomes[FINDING["outcome"]], FINDING["note"], 'name="seen" value="1"'):
        assertContains(page, shown)


def test_a_review_stored_meanwhile_is_shown_and_both_are_kept(client: Client, trace: TraceRecord) -> None:
    review(trace, by=operator("ben"))

    page = client.post(page_of(trace), WRITTEN | {"outcome": "rotation_not_supported"}, follow=True)

    assertContains(page, "Review 2 is stored.")
    assertContains(page, f"Review 1 by ben was stored while you wrote yours: {REVIEW.outcomes[FINDING['outcome']]}")
    reviewers = Review.objects.order_by("number").values_list("number", "reviewer__username")
    assert list(reviewers) == [(1, "ben"), (2, "ada")]


def test_an_error_is_shown_at_its_field_and_above_the_form(
    client: Client, trace: TraceRecord, subtests: pytest.Subtests
) -> None:
    wrong = {
        "Choose what you found.": ("outcome_0", {"outcome": ""}),
        "not one of the available choices": ("outcome_0", {"outcome": "approved"}),
        "Choose what the outcome rests on.": ("reason", {"reason": ""}),
        "Write the other reason here.": ("note", {"reason": "other", "note": " "}),
        "at most 500 characters": ("note", {"note": "x" * 501}),
        "Null characters are not allowed.": ("note", {"note": "a\0b"}),
        "This looks like it holds a secret. Remove it.": ("note", {"note": "It said AKIA" + "A" * 16}),
    }

    for sentence, (field, change) in wrong.items():
        with subtests.test(sentence):
            page = client.post(page_of(trace), WRITTEN | change)
            assertContains(page, "There is a problem", status_code=422)
            assertContains(page, f'<a href="#id_{field}">', count=1, status_code=422)
            assertContains(page, sentence, count=2, status_code=422)

    assert not Review.objects.exists()


def test_a_note_of_500_characters_with_line_ends_is_accepted(client: Client, trace: TraceRecord) -> None:
    client.post(page_of(trace), WRITTEN | {"note": "\r\n" + "a\r\n" * 249 + "bb\r\n"})

    assert Review.objects.get().note == "a\n" * 249 + "bb"


def test_a_form_that_was_tampered_with_is_refused(
    client: Client, trace: TraceRecord, subtests: pytest.Subtests
) -> None:
    without = {name: value for name, value in WRITTEN.items() if name != "seen"}

    for sent in (without, *({**WRITTEN, "seen": wrong} for wrong in ("", "-1", "one"))):
        with subtests.test(str(sent.get("seen"))):
            assert client.post(page_of(trace), sent).status_code == 400

    assert not Review.objects.exists()


def test_a_trace_deleted_while_its_review_is_sent_is_not_found(
    client: Client, trace: TraceRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prune(note: str) -> bool:
        trace.delete()
        return False

    monkeypatch.setattr(review_forms, "looks_like_secret", prune)

    assert client.post(page_of(trace), WRITTEN).status_code == 404
    assert not Review.objects.exists()


def test_a_hostile_note_and_name_are_shown_as_text(trace: TraceRecord) -> None:
    client = signed_in(operator(HOSTILE))
    client.post(page_of(trace), WRITTEN | {"note": HOSTILE})

    for address in (page_of(trace), REVIEWS, f"{REVIEWS}{Review.objects.get().pk}/change/"):
        page = client.get(address)
        assertNotContains(page, "<script>alert")
        assertContains(page, "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&amp;{{ x }}")
