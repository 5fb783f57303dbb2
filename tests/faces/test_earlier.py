"""`GET /` with the marks of an earlier request: a page that lost its answer, or a failed decision to be retried."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from access.refusals import JSON
from rotation.models import Credential
from tests.conftest import REPORT, Decide, MakeCredential, report
from tests.faces.conftest import BROWSER, PostForm, database_down, hidden, keeps, value_of
from tests.fakes import FakeProvider
from traces.codes import ErrorCode
from traces.models import TraceRecord

KEY = "the-key-of-this-form"
OpenTrace = Callable[..., TraceRecord]


def test_a_sent_key_leads_to_its_row(
    browser: Client, post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    sent = post_form(submission_key=KEY)

    found = browser.get(f"/?submission={KEY}")

    assert (found.status_code, found["Location"]) == (303, sent["Location"])


def test_a_key_is_found_while_its_decision_is_made(
    browser: Client, post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    found: list[str] = []
    provider.meanwhile = lambda: found.append(browser.get(f"/?submission={KEY}")["Location"])

    sent = post_form(submission_key=KEY)

    assert found == [sent["Location"]]


def test_a_key_without_a_row_is_told_and_kept(browser: Client, db: None) -> None:
    page = browser.get(f"/?submission={KEY}")

    assert page.status_code == 200
    assert "We have no report from this browser under this address." in page.text
    assert hidden(page, "submission_key") == KEY


def test_another_browser_does_not_find_the_key(
    post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    post_form(submission_key=KEY)

    assert Client().get(f"/?submission={KEY}").status_code == 200


def test_the_key_of_a_program_which_others_can_guess_leads_nowhere(
    browser: Client, decide: Decide, credential: Credential, provider: FakeProvider
) -> None:
    decide(report(), **{"Idempotency-Key": "nightly-2026-11-22"})

    assert browser.get("/?submission=nightly-2026-11-22").status_code == 200


def test_the_key_of_a_program_with_our_cookie_leads_nowhere(
    browser: Client, credential: Credential, provider: FakeProvider
) -> None:
    browser.get("/")
    browser.post("/rotation/decide", report(), content_type=JSON, headers={"Idempotency-Key": KEY})

    assert TraceRecord.objects.get().submission_key == KEY
    assert browser.get(f"/?submission={KEY}").status_code == 200


@pytest.mark.parametrize("query", ["submission=x", "submission=a%00bcdefgh", "retry_of=x", "retry_of=%00"])
def test_marks_of_no_known_shape_are_refused(browser: Client, db: None, query: str) -> None:
    page = browser.get(f"/?{query}")

    assert page.status_code == 422
    assert "This request could not be answered" in page.text


@pytest.mark.parametrize("query", ["", "?utm_source=mail", "?submission=", "?retry_of="])
def test_no_mark_opens_a_fresh_form(browser: Client, db: None, query: str) -> None:
    page = browser.get(f"/{query}")

    assert page.status_code == 200
    assert 'role="alert"' not in page.text
    assert len(hidden(page, "submission_key")) == 22


def test_a_key_cannot_be_looked_up_without_a_ledger(browser: Client, db: None) -> None:
    browser.get("/")

    with database_down():
        page = browser.get(f"/?submission={KEY}")

    assert (page.status_code, page["Retry-After"]) == (503, "5")


def test_a_failed_form_names_the_address_of_its_trace(
    browser: Client, post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    provider.says = TimeoutError()

    page = post_form()

    assert page["Content-Location"] == f"/rotation/{TraceRecord.objects.get().trace_id}"


def test_a_failed_result_offers_its_retry_and_says_that_the_text_is_gone(
    browser: Client, post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    provider.says = TimeoutError()
    address = post_form()["Content-Location"]

    page = browser.get(address).text

    assert f'href="/?retry_of={TraceRecord.objects.get().trace_id}">Retry the decision' in page
    assert "The text of the report is not kept once its page is left" in page


def test_the_form_of_a_retry_knows_the_account_and_the_trace(
    browser: Client, post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    provider.says = TimeoutError()
    post_form()
    failed = TraceRecord.objects.get()

    page = browser.get(f"/?retry_of={failed.trace_id}")

    assert value_of(page, "account_id") == failed.account_id
    assert hidden(page, "retry_of") == failed.trace_id
    assert keeps(page, "")
    assert "Retry the decision" in page.text


@pytest.mark.parametrize("whose", ["another browser's", "completed", "unknown"])
def test_nothing_else_is_opened_for_retry(
    browser: Client, post_form: PostForm, credential: Credential, provider: FakeProvider, whose: str
) -> None:
    provider.says = TimeoutError() if whose == "another browser's" else provider.says
    post_form()
    trace_id = "trace_" + "0" * 26 if whose == "unknown" else TraceRecord.objects.get().trace_id
    reader = Client() if whose == "another browser's" else browser

    page = reader.get(f"/?retry_of={trace_id}")

    assert page.status_code == 200
    assert "That decision cannot be retried" in page.text
    assert hidden(page, "retry_of") == ""
    assert value_of(page, "account_id") == ""


def test_who_did_not_send_it_is_offered_no_retry(
    post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    provider.says = TimeoutError()
    address = post_form()["Content-Location"]

    page = Client(headers={"Accept": BROWSER}).get(address)

    assert page.status_code == 200
    assert "Retry the decision" not in page.text


def test_an_unknown_account_is_corrected_and_not_retried(browser: Client, post_form: PostForm) -> None:
    address = post_form(report("acct_99999"))["Content-Location"]

    assert "Retry the decision" not in browser.get(address).text


def test_an_ambiguous_account_is_retried_with_its_item(
    browser: Client, post_form: PostForm, make_credential: MakeCredential, provider: FakeProvider
) -> None:
    for item in ("blue", "green"):
        make_credential(item=item)
    post_form()
    failed = TraceRecord.objects.get(error_code=ErrorCode.CREDENTIAL_AMBIGUOUS)

    page = browser.get(f"/?retry_of={failed.trace_id}")
    marks = {name: hidden(page, name) for name in ("submission_key", "retry_of")}
    response = browser.post("/", report(item="blue") | marks)

    assert response.status_code == 303
    assert TraceRecord.objects.get(status="completed").retry_of == failed.trace_id


def test_a_running_page_tells_how_long_it_has_been(browser: Client, open_trace: OpenTrace) -> None:
    trace = open_trace(age_seconds=7)

    page = browser.get(f"/rotation/{trace.trace_id}").text

    assert 'data-elapsed-seconds="7"' in page
    assert "The text of the report was not kept" in page
    assert f'href="/rotation/{trace.trace_id}">Check again</a>' in page
    assert REPORT not in page


def test_a_clock_that_was_set_back_shows_no_negative_time(browser: Client, open_trace: OpenTrace) -> None:
    trace = open_trace()
    TraceRecord.objects.filter(pk=trace.pk).update(started_at=timezone.now() + timedelta(minutes=1))

    assert 'data-elapsed-seconds="0"' in browser.get(f"/rotation/{trace.trace_id}").text
