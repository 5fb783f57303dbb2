"""The requests that wait for a person: the queue, the sender's note beside the facts, and the mail after a review."""

import smtplib
from datetime import timedelta
from threading import Event

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from config.mail import backend_settings
from operators import review_mail, review_queue
from operators.review_queue import queue_address, requests_waiting
from operators.review_request_admin import ReviewRequestAdmin
from operators.story import page_address
from tests.ledger.rows import FAILED_ROW, NOW, insert
from tests.operators.reviewing import PERMISSIONS, WRITTEN, needs_review, operator, page_of, review, signed_in
from traces.codes import ErrorCode
from traces.identifiers import new_trace_id
from traces.models import TraceRecord
from traces.review_requests import ReviewRequest
from traces.reviews import Review

pytestmark = pytest.mark.django_db

NOTE = "Is it <b>the blue</b> loader?"


def ask(trace: TraceRecord, *, minutes: int = 0, workflow: str = "rotation") -> ReviewRequest:
    at = NOW + timedelta(minutes=minutes)
    return ReviewRequest.objects.create(trace_id=trace.pk, workflow=workflow, requested_at=at, note=NOTE)


def asked(count: int) -> list[str]:
    """Insert requests, the oldest first. Return the ids of their traces."""
    return [ask(needs_review(), minutes=number).pk for number in range(count)]


def listed(client: Client, query: str = "") -> list[str]:
    page = client.get(queue_address() + query)
    assert page.status_code == 200
    return [row.pk for row in page.context["cl"].result_list]


@pytest.fixture
def reviewer(db: None) -> Client:
    return signed_in(operator("ada", (*PERMISSIONS, "view_reviewrequest")))


def test_the_queue_is_of_those_who_asked_and_wait_the_oldest_first(reviewer: Client) -> None:
    later, first = asked(2)[::-1]
    done = needs_review()
    ask(done, minutes=-1)
    review(done, by=operator("ben"))
    needs_review()
    # 0.2.0 deletes a trace and leaves its request. The other workflow is not registered any more.
    ask(TraceRecord(trace_id=new_trace_id()))
    ask(needs_review(workflow="former"), workflow="former")

    assert listed(reviewer) == [first, later]
    assert requests_waiting() == (2, NOW)


def test_the_queue_shows_who_waits_for_how_long_and_leads_to_the_form(reviewer: Client) -> None:
    trace = needs_review(submitter="user:7")
    ReviewRequest.objects.create(
        trace_id=trace.pk, workflow="rotation", requested_at=timezone.now() - timedelta(hours=3, minutes=5)
    )

    page = reviewer.get(queue_address())

    for shown in (f'href="{page_of(trace)}"', "3\N{NO-BREAK SPACE}hours", "user:7", "1 request, oldest first"):
        assertContains(page, shown)


def test_who_may_not_review_is_led_to_the_trace_and_reads_who_asked_only_with_the_right() -> None:
    trace = needs_review(submitter="user:7")
    ask(trace)
    reader = signed_in(operator("reader", ("view_tracerecord", "view_reviewrequest")))
    stranger = signed_in(operator("stranger", ("view_reviewrequest",)))

    assertContains(reader.get(queue_address()), f'href="{page_address(trace.pk)}"')
    assertContains(reader.get(queue_address()), "user:7")
    assertNotContains(stranger.get(queue_address()), "user:7")


def test_an_empty_queue_says_so(reviewer: Client) -> None:
    assertContains(reviewer.get(queue_address()), "No request is waiting for a review.")
    assert requests_waiting() == (0, None)


def test_the_queue_is_paged_by_key_and_never_counted(reviewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReviewRequestAdmin, "list_per_page", 2)
    ids = asked(3)
    # Three at the same moment are parted by their id.
    same = sorted(ask(needs_review(), minutes=9).pk for _ in range(3))

    with CaptureQueriesContext(connection) as queries:
        pages = [listed(reviewer)]
        while len(pages) < 3:
            pages.append(listed(reviewer, f"?p={pages[-1][-1]}"))

    assert pages == [ids[:2], [ids[2], same[0]], same[1:]]
    assert f"?p={ids[1]}" in reviewer.get(queue_address()).text
    assert ">Later<" not in reviewer.get(f"{queue_address()}?p={same[0]}").text
    assert [each["sql"] for each in queries if "COUNT(" in each["sql"].upper()] == []


def test_the_count_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review_queue, "MOST_COUNTED", 2)
    asked(3)

    assert requests_waiting() == (2, NOW)


def test_the_senders_note_is_shown_to_who_may_read_requests(reviewer: Client) -> None:
    trace = needs_review()
    ask(trace)
    former = signed_in(operator("former"))

    for address in (page_of(trace), page_address(trace.pk)):
        assertContains(reviewer.get(address), "Is it &lt;b&gt;the blue&lt;/b&gt; loader?")
        assertNotContains(former.get(address), "the blue")
        assertContains(former.get(address), "2026-03-01 12:00:00 UTC")


def test_the_page_without_a_trace_leads_to_the_queue(reviewer: Client) -> None:
    assertRedirects(reviewer.get("/admin/traces/review/add/"), queue_address())
    trace = needs_review()
    assertContains(reviewer.post(page_of(trace), WRITTEN, follow=True), f'href="{queue_address()}"')


def test_a_failure_that_no_retry_helps_is_reviewed(reviewer: Client) -> None:
    trace = insert(FAILED_ROW | {"error_code": ErrorCode.PROVIDER_REFUSED})
    ask(trace)

    assertContains(reviewer.get(page_of(trace)), "<dd>provider_refused under policy@1</dd>")
    assert reviewer.post(page_of(trace), WRITTEN).status_code == 302
    assert Review.objects.get().trace == trace


class Slow(EmailBackend):
    """A mail server that answers only when the test is over."""

    over = Event()

    def send_messages(self, messages: object) -> int:
        self.over.wait(30)
        return 0


class Down(EmailBackend):
    def send_messages(self, messages: object) -> int:
        raise smtplib.SMTPServerDisconnected("canary-5e1a")


class NoAddress(EmailBackend):
    def send_messages(self, messages: object) -> int:
        """Raise what Django does for the address `"` on its way to a mail server."""
        raise IndexError("canary-5e1a")


@pytest.fixture
def sender(settings: Settings) -> User:
    settings.SITE_ADDRESS = "https://decisions.example.test"
    return User.objects.create_user("cleo", "cleo@example.test")


def test_a_sender_who_asked_is_mailed_the_link_once_a_review(reviewer: Client, sender: User) -> None:
    trace = needs_review(submitter=f"user:{sender.pk}")
    ask(trace)

    for _ in range(2):
        reviewer.post(page_of(trace), WRITTEN)

    [sent] = mail.outbox
    assert (sent.to, sent.subject) == (["cleo@example.test"], "A person has looked at your request")
    assert f"\nhttps://decisions.example.test/rotation/{trace.pk}\n" in sent.body
    words = ("blue", "cannot_tell", WRITTEN["note"], "acct_", "ada", "needs")
    assert [word for word in words if word in str(sent.message())] == []


def test_nobody_else_is_mailed(reviewer: Client, sender: User, settings: Settings) -> None:
    silent, gone = User.objects.create_user("silent"), User.objects.create_user("gone", "gone@example.test")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    reviewer.post(page_of(needs_review(submitter=f"user:{sender.pk}")), WRITTEN)
    for submitter in (f"user:{silent.pk}", f"user:{gone.pk}", "token:1", "open"):
        trace = needs_review(submitter=submitter)
        ask(trace)
        reviewer.post(page_of(trace), WRITTEN)
    settings.MAILS_PASSWORD_RESETS = False
    trace = needs_review(submitter=f"user:{sender.pk}")
    ask(trace)
    reviewer.post(page_of(trace), WRITTEN)

    assert mail.outbox == []
    assert Review.objects.count() == 6


@pytest.mark.parametrize("backend", [Down, Slow, NoAddress])
def test_a_mail_that_fails_undoes_nothing_and_the_reviewer_is_told(
    backend: type,
    reviewer: Client,
    sender: User,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name, value in backend_settings(f"{__name__}.{backend.__name__}", {}).items():
        setattr(settings, name, value)
    monkeypatch.setattr(review_mail, "LONGEST_SECONDS", 0.1 if backend is Slow else 5)
    monkeypatch.setattr(Slow, "over", Event())
    trace = needs_review(submitter=f"user:{sender.pk}")
    ask(trace)

    page = reviewer.post(page_of(trace), WRITTEN, follow=True)

    Slow.over.set()
    assertContains(page, "The mail to the sender could not be sent, or takes too long.")
    assert Review.objects.count() == 1
    assert "canary-5e1a" not in page.text + caplog.text
    assert ("SMTPServerDisconnected" in caplog.text) == (backend is Down)
    assert ("IndexError" in caplog.text) == (backend is NoAddress)
