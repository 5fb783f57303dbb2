"""The page on which an operator reviews a decision, by hand and without script."""

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tests.ledger.reviewing import (
    FINDING,
    WRITTEN,
    operator,
    page_of,
    review,
    signed_in,
)
from tests.ledger.rows import stored
from traces import review_forms
from traces.models import TraceRecord
from traces.reviews import Review, ReviewOutcome, ReviewReason

pytestmark = pytest.mark.django_db

REVIEWS = "/admin/traces/review/"
HOSTILE = "<script>alert(1)</script>\"'&{{ x }}"


@pytest.fixture
def client(ada: User) -> Client:
    return signed_in(ada)


def test_the_page_shows_what_was_decided_and_offers_the_closed_lists(client: Client, trace: TraceRecord) -> None:
    page = client.get(page_of(trace))

    for shown in (
        trace.pk,
        "needs_review under P-7, policy@1",
        "service_account_key, active, 12 days old",
        "None yet.",
    ):
        assertContains(page, shown)
    for value in [*ReviewOutcome.values, *ReviewReason.values]:
        assertContains(page, f'value="{value}"', count=1)


def test_a_review_is_stored_and_its_trace_shown_again(client: Client, trace: TraceRecord, ada: User) -> None:
    before = stored(trace)

    answer = client.post(page_of(trace), WRITTEN)

    assertRedirects(answer, reverse("admin:traces_tracerecord_change", args=[quote(trace.pk)]))
    [row] = Review.objects.values_list("number", "reviewer", "outcome", "reason", "note")
    assert row == (1, ada.pk, "cannot_tell", "ambiguous", FINDING.note)
    assert stored(trace) == before


def test_after_a_review_the_page_links_to_the_queue(client: Client, trace: TraceRecord) -> None:
    answer = client.post(page_of(trace), WRITTEN, follow=True)

    assertContains(answer, '<a href="/admin/traces/tracerecord/?review=waiting">See what else waits for a review</a>')


def test_a_second_reviewer_sees_the_first_review(client: Client, trace: TraceRecord) -> None:
    review(trace, by=operator("ben"))

    page = client.get(page_of(trace))

    for shown in ("ben", FINDING.outcome.label, FINDING.note, 'name="seen" value="1"'):
        assertContains(page, shown)


def test_a_review_made_meanwhile_is_shown_and_the_input_is_kept(client: Client, trace: TraceRecord) -> None:
    review(trace, by=operator("ben"))
    typed = WRITTEN | {"outcome": "rotation_not_supported", "note": "Mine is another."}

    page = client.post(page_of(trace), typed)

    for shown in ("Someone has reviewed this trace meanwhile", "ben", FINDING.note, "Mine is another."):
        assertContains(page, shown, status_code=409)
    assertContains(page, 'name="seen" value="1"', status_code=409)
    assert page.context["form"]["outcome"].value() == "rotation_not_supported"
    assert Review.objects.count() == 1


def test_the_review_may_be_sent_again_after_reading_the_other(client: Client, trace: TraceRecord) -> None:
    review(trace, by=operator("ben"))

    client.post(page_of(trace), WRITTEN)
    answer = client.post(page_of(trace), WRITTEN | {"seen": "1"})

    assert answer.status_code == 302
    assert list(Review.objects.order_by("number").values_list("number", "reviewer__username")) == [
        (1, "ben"),
        (2, "ada"),
    ]


def test_a_review_sent_twice_is_stored_once(client: Client, trace: TraceRecord) -> None:
    answers = [client.post(page_of(trace), WRITTEN) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert Review.objects.count() == 1


def test_an_error_is_shown_beside_its_field_and_above_the_form(
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


def test_a_note_of_500_characters_with_line_ends_is_taken(client: Client, trace: TraceRecord) -> None:
    client.post(page_of(trace), WRITTEN | {"note": "\r\n" + "a\r\n" * 249 + "bb\r\n"})

    assert Review.objects.get().note == "a\n" * 249 + "bb"


def test_a_form_with_a_wrong_seen_number_is_refused(
    client: Client, trace: TraceRecord, subtests: pytest.Subtests
) -> None:
    without = {name: value for name, value in WRITTEN.items() if name != "seen"}

    for sent in (without, *({**WRITTEN, "seen": wrong} for wrong in ("", "-1", "one"))):
        with subtests.test(str(sent.get("seen"))):
            assert client.post(page_of(trace), sent).status_code == 400

    assert not Review.objects.exists()


def test_a_trace_that_goes_while_its_review_is_sent_is_not_found(
    client: Client, trace: TraceRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prune(note: str) -> bool:
        trace.delete()
        return False

    monkeypatch.setattr(review_forms, "SECRET_CHECKS", [prune])

    assert client.post(page_of(trace), WRITTEN).status_code == 404
    assert not Review.objects.exists()


def test_a_hostile_note_and_name_are_shown_as_text(trace: TraceRecord) -> None:
    client = signed_in(operator(HOSTILE))
    client.post(page_of(trace), WRITTEN | {"note": HOSTILE})

    for address in (page_of(trace), REVIEWS, f"{REVIEWS}{Review.objects.get().pk}/change/"):
        page = client.get(address)
        assertNotContains(page, "<script>alert")
        assertContains(page, "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&amp;{{ x }}")
