"""The form given again, failed or refused or sent twice: nothing typed is lost, and no second row is made."""

import re
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from pytest_django import Settings

from rotation.models import Credential
from tests.conftest import REPORT, MakeCredential, report
from tests.faces.conftest import CANARY, PostForm, database_down, follow, hidden, keeps, ledger_refusing, value_of
from tests.fakes import FakeProvider, answer
from traces.codes import ErrorCode
from traces.models import TraceRecord

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

UNAVAILABLE = "Decision unavailable; retry safely."


def test_a_failure_gives_the_form_again_with_its_text(
    post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    provider.says = TimeoutError(CANARY)

    page = post_form(report(item="invoice-sync"))

    assert page.status_code == 200
    assert UNAVAILABLE in page.text
    assert keeps(page, REPORT)
    assert (value_of(page, "account_id"), value_of(page, "item")) == ("acct_10234", "invoice-sync")
    assert CANARY not in page.text


def test_a_failed_form_carries_what_a_retry_needs(
    post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    provider.says = TimeoutError()

    page = post_form()

    failed = TraceRecord.objects.get()
    assert hidden(page, "retry_of") == failed.trace_id
    assert f'<code class="trace-id">{failed.trace_id}</code>' in page.text
    assert hidden(page, "submission_key") not in {"", failed.submission_key}


def test_the_failed_form_sent_again_is_a_retry(
    browser: Client, post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    provider.says = TimeoutError()
    page = post_form()
    provider.says = answer()

    response = browser.post("/", report() | {name: hidden(page, name) for name in ("submission_key", "retry_of")})

    failed, retried = TraceRecord.objects.order_by("started_at")
    assert response["Location"] == f"/rotation/{retried.trace_id}"
    assert (retried.retry_of, retried.status) == (failed.trace_id, "completed")


@pytest.mark.parametrize("code", [ErrorCode.ACCOUNT_UNKNOWN, ErrorCode.CREDENTIAL_AMBIGUOUS])
def test_a_record_that_cannot_be_found_is_told_in_its_own_sentence(
    post_form: PostForm, make_credential: MakeCredential, provider: FakeProvider, code: ErrorCode
) -> None:
    for item in ("blue", "green") if code == ErrorCode.CREDENTIAL_AMBIGUOUS else ():
        make_credential(item=item)

    page = post_form()

    assert page.status_code == 200
    assert code.label in page.text
    assert TraceRecord.objects.get().trace_id in page.text
    assert keeps(page, REPORT)
    assert provider.calls == []


def test_an_unknown_account_can_be_corrected_in_the_failed_form(
    browser: Client, post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    page = post_form(report("acct_99999"))

    marks = {name: hidden(page, name) for name in ("submission_key", "retry_of")}
    response = browser.post("/", report() | marks)

    assert response.status_code == 303
    assert TraceRecord.objects.get(status="completed").retry_of is None


def test_a_wrong_field_is_refused_beside_it_with_everything_kept(
    post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    page = post_form(report("acct_wrong", "too short", item="x"))

    assert page.status_code == 422
    errors = dict(re.findall(r'id="id_(\w+)_error">\s*<p>(?:<span[^>]*>Error: </span>)?([^<]+)</p>', page.text))
    assert errors == {
        "account_id": "Write acct_ and five digits, such as acct_10234.",
        "credential_report": "Write at least 10 characters.",
        "item": "Write at least 3 characters.",
    }
    assert keeps(page, "too short")
    assert (value_of(page, "account_id"), value_of(page, "item")) == ("acct_wrong", "x")


@pytest.mark.parametrize(
    "form",
    [report("wrong"), report(text="x" * 9), report(text="x" * 501), report(text=" \r\n" * 20), report(text="\0" * 12)],
    ids=["account", "short", "long", "blank", "NUL"],
)
def test_an_invalid_form_makes_no_row_and_no_call(
    post_form: PostForm, credential: Credential, provider: FakeProvider, form: dict[str, str]
) -> None:
    page = post_form(form)

    assert page.status_code == 422
    assert keeps(page, form["credential_report"])
    assert provider.calls == []
    assert not TraceRecord.objects.exists()


def test_an_empty_form_is_refused_and_not_our_fault(browser: Client, db: None) -> None:
    page = browser.post("/", {})

    assert page.status_code == 422
    assert "Write at least 10 characters." in page.text


def test_an_invalid_form_keeps_its_marks(post_form: PostForm, credential: Credential, provider: FakeProvider) -> None:
    page = post_form(report("wrong"), submission_key="the-key-of-this-form", retry_of="trace_" + "0" * 26)

    assert hidden(page, "submission_key") == "the-key-of-this-form"
    assert hidden(page, "retry_of") == "trace_" + "0" * 26


@pytest.mark.parametrize(
    "text",
    ["x" * 250 + "\r\n" + "x" * 249, "  " + "x" * 500 + "\r\n", "0123456789"],
    ids=["500 with CRLF", "500 between spaces", "10"],
)
def test_a_text_within_the_bounds_is_accepted(
    post_form: PostForm, credential: Credential, provider: FakeProvider, text: str
) -> None:
    response = post_form(report(text=text))

    assert response.status_code == 303
    assert len(provider.calls[0][0].credential_report) in {10, 500}


def test_an_account_id_may_have_spaces_around_it(
    post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    assert post_form(report(" acct_10234\t")).status_code == 303


def test_what_was_typed_comes_back_as_text_and_not_as_markup(
    post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    attack = "</textarea><script>alert(1)</script>&amp; \"x\" 'y'"
    provider.says = TimeoutError()

    page = post_form(report(text=attack, item='"><script>'))

    assert keeps(page, attack)
    assert "<script>alert" not in page.text
    assert '"><script>' not in page.text


@pytest.mark.parametrize("ending", ["completed", "failed"])
def test_the_same_form_sent_twice_is_one_row_and_one_call(
    browser: Client, post_form: PostForm, credential: Credential, provider: FakeProvider, ending: str
) -> None:
    provider.says = answer() if ending == "completed" else TimeoutError()

    first, second = (post_form(submission_key="the-key-of-this-form") for _ in range(2))

    assert first.status_code == second.status_code
    assert first.headers.get("Location") == second.headers.get("Location")
    assert (len(provider.calls), TraceRecord.objects.count()) == (1, 1)


def test_the_same_form_sent_while_it_is_decided_leads_to_the_running_page(
    browser: Client, post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    twins: list[Response] = []
    pages: list[str] = []

    def send_again() -> None:
        twins.append(post_form(submission_key="the-key-of-this-form"))
        pages.append(follow(browser, twins[0]))

    provider.meanwhile = send_again

    first = post_form(submission_key="the-key-of-this-form")

    assert (twins[0].status_code, twins[0]["Location"]) == (303, first["Location"])
    assert "Checking policy P-7…" in pages[0]
    assert (len(provider.calls), TraceRecord.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("marks", "sentence"),
    [
        ({"submission_key": "the-key-of-this-form"}, "This form was already sent with another report."),
        ({"retry_of": "trace_" + "0" * 26}, "Only a failed decision of your own on the same account can be retried"),
        ({"submission_key": "x"}, "Part of this form was not valid."),
        ({"retry_of": "x"}, "Part of this form was not valid."),
    ],
    ids=["key reused", "not retryable", "bad key", "bad retry"],
)
def test_wrong_marks_are_refused_with_the_text_kept_and_fresh_marks(
    post_form: PostForm, credential: Credential, provider: FakeProvider, marks: dict[str, str], sentence: str
) -> None:
    post_form(report(text="Another stale service-account key."), submission_key="the-key-of-this-form")

    page = post_form(**marks)

    assert page.status_code == 422
    assert sentence in page.text
    assert keeps(page, REPORT)
    assert hidden(page, "submission_key") not in {"", "x", "the-key-of-this-form"}
    assert hidden(page, "retry_of") == ""
    assert (len(provider.calls), TraceRecord.objects.count()) == (1, 1)


def test_a_ledger_that_cannot_be_written_keeps_the_text_and_the_key(
    post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    with ledger_refusing("INSERT"):
        page = post_form(submission_key="the-key-of-this-form")

    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert "Our records cannot be reached. Try again in a moment." in page.text
    assert keeps(page, REPORT)
    assert hidden(page, "submission_key") == "the-key-of-this-form"
    assert provider.calls == []


def test_a_ledger_that_fails_after_the_call_is_told_with_the_trace_id(
    post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    with ledger_refusing("UPDATE"):
        page = post_form(submission_key="the-key-of-this-form")

    trace = TraceRecord.objects.get()
    assert (page.status_code, trace.status) == (503, "running")
    assert trace.trace_id in page.text
    assert keeps(page, REPORT)
    assert post_form(submission_key="the-key-of-this-form")["Location"] == f"/rotation/{trace.trace_id}"


def test_too_many_waiting_decisions_keep_the_text(
    post_form: PostForm, credential: Credential, provider: FakeProvider, settings: Settings
) -> None:
    settings.DECISIONS_IN_FLIGHT = 1
    crowd: list[Response] = []
    provider.meanwhile = lambda: crowd.append(post_form(report(text="Another stale key of a robot.")))

    post_form()

    assert (crowd[0].status_code, crowd[0]["Retry-After"]) == (503, "5")
    assert "Too many decisions are being made. Try again in a moment." in crowd[0].text
    assert keeps(crowd[0], "Another stale key of a robot.")
    assert TraceRecord.objects.count() == 1


def test_a_database_that_is_down_keeps_the_text_of_who_has_signed_in(
    admin_client: Client, credential: Credential, provider: FakeProvider
) -> None:
    with database_down():
        page = admin_client.post("/", report(), headers={"Accept": "text/html"})

    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert keeps(page, REPORT)


def test_a_nul_is_told_once_and_in_our_words(
    post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    page = post_form(report(text="a stale key\0 of a robot"))

    assert "Remove the NUL character." in page.text
    assert "Null characters" not in page.text
