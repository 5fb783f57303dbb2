"""The sender asks a person to look at a result, once, and reads what the person found."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertNotContains

from boundary.failures import ProviderRefused
from decisions.openapi import ANY_ID
from rotation.models import Credential
from rotation.words import REVIEW
from tests.conftest import Response
from tests.fakes import FakeProvider
from tests.interfaces.conftest import BROWSER, PostForm, faults, problem
from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW, RUNNING_ROW, insert
from tests.ledger.test_races import race
from tests.operators.reviewing import FINDING, needs_review, operator, review
from traces.codes import ErrorCode
from traces.models import TraceRecord
from traces.review_requests import ReviewRequest

pytestmark = pytest.mark.django_db

ROUNDS = 10
SECRET = "The key is AKIA" + "A" * 16
INVALID_ROW = FAILED_ROW | {"error_code": ErrorCode.INVALID_DECISION, "error_reason": "window_conflict"}


def sent(**changes: object) -> TraceRecord:
    """Insert a needs_review that a program without cookies has sent."""
    return needs_review(submitter="open", **changes)


def address(trace: TraceRecord) -> str:
    return f"/rotation/{trace.pk}/review"


def ask(trace: TraceRecord, note: str | None = None, client: Client | None = None) -> Response:
    body = {} if note is None else {"note": note}
    return (client or Client()).post(address(trace), body, content_type="application/json")


def page_of(trace: TraceRecord, client: Client | None = None) -> Response:
    return (client or Client()).get(f"/rotation/{trace.pk}", headers={"Accept": BROWSER})


def test_program_asks_and_reads_what_a_person_found() -> None:
    trace = sent()
    before = Client().get(address(trace)).json()

    asked = ask(trace, "Is it the blue loader?").json()
    found = review(trace, by=operator())
    after = Client().get(address(trace)).json()

    assert before == {"status": "none", **dict.fromkeys(("outcome", "reason", "requested_at", "reviewed_at"))}
    assert asked == before | {"status": "requested", "requested_at": asked["requested_at"]}
    assert datetime.fromisoformat(asked["requested_at"]).tzinfo == UTC
    reviewed = {"status": "reviewed", "outcome": found.outcome, "reason": found.reason}
    assert after == asked | reviewed | {"reviewed_at": "2026-03-01T12:00:02Z"}
    assert ReviewRequest.objects.get().note == "Is it the blue loader?"


def test_sender_asks_on_the_page_and_reads_there_what_a_person_found() -> None:
    trace, browser = sent(), Client(headers={"Accept": BROWSER})
    assertContains(page_of(trace), "Reviewers of this service read it. We delete it 30 days after the review")

    answered = browser.post(address(trace), {"note": "Look,\r\nplease."})
    requested = page_of(trace)
    review(trace, by=operator())
    reviewed = page_of(trace)

    assert (answered.status_code, answered["Location"]) == (303, f"/rotation/{trace.pk}#review-title")
    assert ReviewRequest.objects.get().note == "Look,\nplease."
    assertContains(requested, "A person will look; come back to this page.")
    assertNotContains(requested, "<form")
    for words in (REVIEW.outcomes[FINDING["outcome"]], REVIEW.reasons[FINDING["reason"]], "Needs review under"):
        assertContains(reviewed, words)
    assertContains(reviewed, '<time datetime="2026-03-01T12:00:02Z">')
    assertNotContains(reviewed, FINDING["note"])
    assert browser.get(address(trace))["Location"] == answered["Location"]


def test_the_latest_review_is_shown_also_of_a_trace_that_nobody_asked_about() -> None:
    trace = sent()
    for name, outcome in (("ada", "cannot_tell"), ("ben", "rotation_supported")):
        review(trace, by=operator(name), outcome=outcome)

    state = Client().get(address(trace)).json()

    assert (state["status"], state["outcome"], state["requested_at"]) == ("reviewed", "rotation_supported", None)
    assertContains(page_of(trace), REVIEW.outcomes["rotation_supported"])
    assert problem(ask(trace), 409)["type"] == "urn:problem-type:already-reviewed"


def test_the_same_question_again_changes_nothing_and_another_one_is_refused() -> None:
    trace = sent()
    first = ask(trace, "Please.").json()

    again, other = ask(trace, " Please.\r\n"), ask(trace, "Quickly.")
    review(trace, by=operator())
    late = ask(trace, "Please.")

    assert (again.status_code, again.json()) == (200, first)
    assert problem(other, 409)["type"] == "urn:problem-type:already-asked"
    assert (late.status_code, late.json()["status"]) == (200, "reviewed")
    assert ReviewRequest.objects.get().note == "Please."


ASKABLE = {
    "needs review": COMPLETED_ROW | {"decision": "needs_review"},
    "rejected": FAILED_ROW | {"error_code": ErrorCode.PROVIDER_REJECTED},
    "refused": FAILED_ROW | {"error_code": ErrorCode.PROVIDER_REFUSED},
}
NOT_ASKABLE = {
    "eligible": COMPLETED_ROW,
    "timeout": FAILED_ROW,
    "first invalid answer": INVALID_ROW,
    "eval": COMPLETED_ROW | {"decision": "needs_review", "source": "eval"},
    "running": COMPLETED_ROW | {"status": "running", "decision": None, "policy_line_ids": [], "latency_ms": None},
}


def test_a_person_is_asked_about_what_trying_again_cannot_settle(subtests: pytest.Subtests) -> None:
    first = insert(INVALID_ROW | {"submitter": "open"})
    for name, row in (ASKABLE | {"invalid answer again": INVALID_ROW | {"retry_of": first.pk}}).items():
        with subtests.test(name):
            trace = insert(row | {"submitter": "open"})
            assertContains(page_of(trace), ">Ask a person</button>")
            assert ask(trace).json()["status"] == "requested"
            assertContains(page_of(trace), "A person was asked to look")


def test_nobody_is_asked_about_anything_else(subtests: pytest.Subtests) -> None:
    for name, row in NOT_ASKABLE.items():
        with subtests.test(name):
            at = {"started_at": datetime.now(UTC), "finished_at": None} if name == "running" else {}
            trace = insert(row | {"submitter": "open"} | at)
            assert problem(ask(trace), 409)["type"] == "urn:problem-type:not-reviewable"
            assert Client().get(address(trace)).json()["status"] == "none"
            assertNotContains(page_of(trace), "review-title")
    assert not ReviewRequest.objects.exists()


def test_a_form_that_failed_for_good_leads_to_the_question(
    post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    for provider.says, links in ((ProviderRefused(), 1), (TimeoutError(), 0)):
        assertContains(post_form(), "ask on the page of this decision", count=links)


def test_a_request_outlives_the_earlier_attempt() -> None:
    first = insert(INVALID_ROW | {"submitter": "open"})
    second = insert(INVALID_ROW | {"submitter": "open", "retry_of": first.pk})
    ask(second)
    TraceRecord.objects.filter(pk=first.pk).delete()

    requested = page_of(second)
    review(second, by=operator())

    assertContains(requested, "A person will look")
    assertContains(page_of(second), REVIEW.outcomes[FINDING["outcome"]])
    assert "review" in Client().get(f"/rotation/{second.pk}")["Link"]


def test_a_page_says_why_nobody_is_asked() -> None:
    settled, running = insert(COMPLETED_ROW | {"submitter": "open"}), insert(RUNNING_ROW | {"submitter": "open"})

    for trace in (settled, running):
        refused = Client(headers={"Accept": BROWSER}).post(address(trace), {"note": ""})
        assertContains(refused, "A person looks only at a result that trying again cannot settle.", status_code=409)


def test_asking_again_after_the_note_has_ended_changes_nothing() -> None:
    trace = sent()
    ask(trace, "Please.")
    call_command("erase", trace.pk)

    again = ask(trace, "Please.")

    assert (again.status_code, again.json()["status"]) == (200, "requested")
    assert ReviewRequest.objects.get().note == ""


def test_a_form_that_did_not_arrive_whole_asks_nobody() -> None:
    trace = sent()

    broken = Client().post(address(trace), b"--x\r\nbad", content_type="multipart/form-data; boundary=x")

    assert broken.status_code in {400, 422}
    assert not ReviewRequest.objects.exists()


def test_json_links_the_page_and_the_review() -> None:
    unsettled, settled = sent(), insert(COMPLETED_ROW)

    links = [Client().get(f"/rotation/{trace.pk}")["Link"] for trace in (unsettled, settled)]

    page = '</rotation/{}>; rel="alternate"; type="text/html"'
    assert links[0] == f'{page.format(unsettled.pk)}, </rotation/{unsettled.pk}/review>; rel="related"'
    assert links[1] == page.format(settled.pk)


def test_only_the_sender_asks_and_every_reader_reads(settings: Settings) -> None:
    trace, stranger = sent(), Client()
    stranger.force_login(operator("eve"))

    assert ask(trace, client=stranger).status_code == 404
    assert stranger.get(address(trace)).json()["status"] == "none"
    assertContains(page_of(trace, stranger), "Only the sender of this request can ask a person to look at it.")
    settings.ACCESS = "members"
    assert [each.status_code for each in (ask(trace, client=stranger), stranger.get(address(trace)))] == [404, 404]
    assert Client().get(address(trace)).status_code == 401
    assert not ReviewRequest.objects.exists()


def test_unknown_ids_other_types_and_other_workflows_are_refused() -> None:
    trace = sent()

    assert Client().get(f"/rotation/{ANY_ID}/review").status_code == 404
    assert ask(TraceRecord(trace_id=ANY_ID)).status_code == 404
    assert Client().get(address(trace), headers={"Accept": "image/png"}).status_code == 406
    assert Client().get(f"/tickets/{ANY_ID.replace('trace', 'task')}/review").status_code == 404
    assert Client().post(address(trace), "{}", content_type="text/plain").status_code == 415
    assert Client().delete(address(trace)).status_code == 405


REFUSED = {
    "secret": (SECRET, "Line 1 of this text looks like "),
    "too long": ("x" * 501, "Write at most 500 characters."),
    "NUL": ("a\0b", "Remove the NUL character."),
}


@pytest.mark.parametrize(("note", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_refused_note_stays_in_its_field_and_is_repeated_nowhere_else(note: str, sentence: str) -> None:
    trace = sent()

    refused = ask(trace, note)
    page = Client(headers={"Accept": BROWSER}).post(address(trace), {"note": note})

    assert faults(refused)[0][0] == "note"
    assert note not in refused.text
    assertContains(page, sentence, count=1, status_code=422)
    assertContains(
        page, 'aria-describedby="id_note_helptext id_note_error" aria-invalid="true" autofocus', status_code=422
    )
    assert page.text.count(note) == 1
    assert "<title>Error: " in page.text
    assert not ReviewRequest.objects.exists()


def test_a_refusal_on_the_page_says_why_beside_the_state() -> None:
    trace, browser = sent(), Client(headers={"Accept": BROWSER})
    browser.post(address(trace), {"note": "Please."})

    refused = browser.post(address(trace), {"note": "Quickly."})

    assertContains(refused, "You have asked a person before. The note cannot be changed.", status_code=409)
    assertContains(refused, "A person will look; come back to this page", status_code=409)


def test_a_note_that_came_without_its_token_stays_in_its_field() -> None:
    trace, browser = sent(), Client(enforce_csrf_checks=True, headers={"Accept": BROWSER})
    browser.cookies["csrftoken"] = "0" * 32

    page = browser.post(address(trace), {"note": "Please."})
    in_json = browser.post(address(trace), {}, content_type="application/json", headers={"Accept": "application/json"})

    assertContains(page, "We could not confirm that this came from our page.", status_code=403)
    assertContains(page, "\nPlease.</textarea>", status_code=403)
    assert problem(in_json, 403)["type"] == "urn:problem-type:csrf-failed"
    assert not ReviewRequest.objects.exists()


def test_a_sender_with_an_address_is_promised_a_mail(settings: Settings) -> None:
    user, client = operator("ada"), Client()
    client.force_login(user)
    trace = needs_review(submitter=f"user:{user.pk}")
    promise = "you get a mail with the address of this page"

    assertNotContains(page_of(trace, client), promise)
    type(user).objects.update(email="ada@example.test")
    assertContains(page_of(trace, client), promise)
    assertNotContains(page_of(trace), promise)
    ask(trace, client=client)
    assertContains(page_of(trace, client), "We send you a mail with its address then.")
    settings.MAILS_PASSWORD_RESETS = False
    assertNotContains(page_of(trace, client), "mail")


def test_erase_empties_the_note_and_leaves_the_request(capsys: pytest.CaptureFixture[str]) -> None:
    trace = sent()
    ask(trace, "Please.")

    call_command("erase", trace.pk)

    assert capsys.readouterr().out.startswith(f"Erased what was kept under {trace.pk}. The trace stays.")
    assert ReviewRequest.objects.get().note == ""


@pytest.mark.django_db(transaction=True)
def test_eight_questions_at_once_are_one_row() -> None:
    traces, statuses = [sent() for _ in range(ROUNDS)], Counter[int]()

    def send(thread: int, number: int) -> bool:
        status = ask(traces[number], f"Note {thread}.").status_code
        statuses[status] += 1
        return status == 200

    winners = race(send, rounds=ROUNDS)

    assert statuses == {200: ROUNDS, 409: 7 * ROUNDS}
    notes = [ReviewRequest.objects.get(pk=trace.pk).note for trace in traces]
    assert notes == [f"Note {thread}." for (thread,) in winners]
