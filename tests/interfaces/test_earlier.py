"""`GET /` with the key of an earlier submission whose response was lost, or with a failed trace to retry."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from access.refusals import JSON
from boundary.failures import ProviderRejected
from decisions.sentences import sentence_of
from rotation.models import Credential
from rotation.workflow import ROTATION
from tests.conftest import REPORT, Decide, MakeCredential, report
from tests.fakes import FakeProvider
from tests.interfaces.conftest import BROWSER, PostForm, database_down, has_text, hidden, value_of
from traces.codes import ErrorCode
from traces.models import TraceRecord

KEY = "the-key-of-this-form"
OpenTrace = Callable[..., TraceRecord]


def test_sent_key_leads_to_its_row(
    browser: Client, post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    sent = post_form(submission_key=KEY)

    found = browser.get(f"/?submission={KEY}")

    assert (found.status_code, found["Location"]) == (303, sent["Location"])


def test_key_is_found_while_its_decision_runs(
    browser: Client, post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    found: list[str] = []
    provider.meanwhile = lambda: found.append(browser.get(f"/?submission={KEY}")["Location"])

    sent = post_form(submission_key=KEY)

    assert found == [sent["Location"]]


def test_key_without_a_row_is_kept_in_the_form(browser: Client, db: None) -> None:
    page = browser.get(f"/?submission={KEY}")

    assert page.status_code == 200
    assert "We have no report from this browser under this address." in page.text
    assert hidden(page, "submission_key") == KEY


def test_another_browser_does_not_find_the_key(
    post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    post_form(submission_key=KEY)

    assert Client().get(f"/?submission={KEY}").status_code == 200


def test_key_of_a_program_leads_nowhere(
    browser: Client, decide: Decide, credential: Credential, provider: FakeProvider
) -> None:
    decide(report(), **{"Idempotency-Key": "nightly-2026-11-22"})

    assert browser.get("/?submission=nightly-2026-11-22").status_code == 200


def test_key_of_a_program_with_our_cookie_leads_nowhere(
    browser: Client, credential: Credential, provider: FakeProvider
) -> None:
    browser.get("/")
    browser.post("/rotation/decide", report(), content_type=JSON, headers={"Idempotency-Key": KEY})

    assert TraceRecord.objects.get().submission_key == KEY
    assert browser.get(f"/?submission={KEY}").status_code == 200


def test_malformed_key_or_trace_id_in_the_address_opens_a_new_form(browser: Client, db: None) -> None:
    queries = {
        "We have no report from this browser under this address.": ("submission=x", "submission=a%00bcdefgh"),
        "No failed decision of yours has this id.": ("retry_of=x", "retry_of=%00"),
    }

    for sentence, addresses in queries.items():
        for query in addresses:
            page = browser.get(f"/?{query}")
            assert page.status_code == 422, query
            assert sentence in page.text, query
            assert "named in errors" not in page.text, query
            assert len(hidden(page, "submission_key")) == 22, query


def test_address_without_key_or_trace_id_opens_a_new_form(browser: Client, db: None) -> None:
    for query in ("", "?utm_source=mail", "?submission=", "?retry_of="):
        page = browser.get(f"/{query}")
        assert page.status_code == 200, query
        assert 'role="alert"' not in page.text, query
        assert len(hidden(page, "submission_key")) == 22, query


def test_key_lookup_without_a_database_is_503(browser: Client, db: None) -> None:
    browser.get("/")

    with database_down():
        page = browser.get(f"/?submission={KEY}")

    assert (page.status_code, page["Retry-After"]) == (503, "5")


def test_failed_form_names_the_address_of_its_trace(
    browser: Client, post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    provider.says = TimeoutError()

    page = post_form()

    assert page["Content-Location"] == f"/rotation/{TraceRecord.objects.get().trace_id}"


def test_failed_result_offers_a_retry_and_says_that_the_text_is_gone(
    browser: Client, post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    provider.says = TimeoutError()
    address = post_form()["Content-Location"]

    page = browser.get(address).text

    assert f'href="/?retry_of={TraceRecord.objects.get().trace_id}">Retry the decision' in page
    assert "The text of the report is not kept once its page is left" in page


def test_form_of_a_retry_has_the_account_and_the_trace(
    browser: Client, post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    provider.says = TimeoutError()
    post_form()
    failed = TraceRecord.objects.get()

    page = browser.get(f"/?retry_of={failed.trace_id}")

    assert value_of(page, "account_id") == failed.account_id
    assert hidden(page, "retry_of") == failed.trace_id
    assert has_text(page, "")
    assert "Retry the decision" in page.text


def test_only_an_own_failure_opens_the_form_of_a_retry(
    browser: Client, post_form: PostForm, credential: Credential, provider: FakeProvider, subtests: pytest.Subtests
) -> None:
    post_form()
    provider.says = TimeoutError()
    post_form()
    completed, failed = TraceRecord.objects.order_by("status")
    others = {"another browser's": (Client(), failed.trace_id), "completed": (browser, completed.trace_id)}

    for name, (reader, trace_id) in {**others, "unknown": (browser, "trace_" + "0" * 26)}.items():
        with subtests.test(name):
            page = reader.get(f"/?retry_of={trace_id}")
            assert page.status_code == 200
            assert "No failed decision of yours has this id." in page.text
            assert hidden(page, "retry_of") == ""
            assert value_of(page, "account_id") == ""


@pytest.mark.parametrize("code", ["account_unknown", "provider_rejected"])
def test_form_says_why_it_offers_no_retry_that_programs_may_send(
    browser: Client, post_form: PostForm, credential: Credential, provider: FakeProvider, code: str
) -> None:
    provider.says = ProviderRejected()
    sent = report("acct_99999" if code == "account_unknown" else "acct_10234")
    post_form(sent)
    failed = TraceRecord.objects.get(error_code=code)

    page = browser.get(f"/?retry_of={failed.trace_id}")
    by_program = browser.post("/rotation/decide", sent, content_type=JSON, headers={"Retry-Of": failed.trace_id})

    assert escape(sentence_of(ROTATION, failed)) in page.text
    assert "A retry of this decision is not offered" in page.text
    assert hidden(page, "retry_of") == ""
    assert by_program.json()["error"] == sentence_of(ROTATION, failed)


def test_only_the_sender_is_offered_a_retry(
    post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    provider.says = TimeoutError()
    address = post_form()["Content-Location"]

    page = Client(headers={"Accept": BROWSER}).get(address)

    assert page.status_code == 200
    assert "Retry the decision" not in page.text


def test_unknown_account_offers_no_retry(browser: Client, post_form: PostForm) -> None:
    address = post_form(report("acct_99999"))["Content-Location"]

    assert "Retry the decision" not in browser.get(address).text


def test_ambiguous_account_is_retried_with_its_item(
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


def test_running_page_shows_the_elapsed_seconds(browser: Client, open_trace: OpenTrace) -> None:
    trace = open_trace(age_seconds=7)

    page = browser.get(f"/rotation/{trace.trace_id}").text

    assert 'data-elapsed-seconds="7"' in page
    assert "The text of the report was not kept" in page
    assert f'href="/rotation/{trace.trace_id}">Check again</a>' in page
    assert REPORT not in page


def test_elapsed_seconds_are_never_negative(browser: Client, open_trace: OpenTrace) -> None:
    trace = open_trace()
    TraceRecord.objects.filter(pk=trace.pk).update(started_at=timezone.now() + timedelta(minutes=1))

    assert 'data-elapsed-seconds="0"' in browser.get(f"/rotation/{trace.trace_id}").text
