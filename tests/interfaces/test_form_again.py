"""The form after a failure, a refusal or a repetition: no typed text is lost, and no second row is made."""

import re

import pytest
from django.test import Client
from pytest_django import Settings

from rotation.models import Credential
from rotation.words import SENTENCES
from tests.conftest import REPORT, MakeCredential, Response, report
from tests.fakes import FakeProvider, answer
from tests.interfaces.conftest import (
    CANARY,
    PostForm,
    database_down,
    follow,
    has_text,
    hidden,
    ledger_refusing,
    value_of,
)
from traces.codes import ErrorCode
from traces.models import TraceRecord

UNAVAILABLE = "Decision unavailable; retry safely."


def test_failed_form_keeps_its_text(post_form: PostForm, credential: Credential, provider: FakeProvider) -> None:
    provider.says = TimeoutError(CANARY)

    page = post_form(report(item="invoice-sync"))

    assert page.status_code == 200
    assert UNAVAILABLE in page.text
    assert has_text(page, REPORT)
    assert (value_of(page, "account_id"), value_of(page, "item")) == ("acct_10234", "invoice-sync")
    assert CANARY not in page.text


def test_failed_form_has_the_fields_of_a_retry(
    post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    provider.says = TimeoutError()

    page = post_form()

    failed = TraceRecord.objects.get()
    assert hidden(page, "retry_of") == failed.trace_id
    assert f'<code class="trace-id">{failed.trace_id}</code>' in page.text
    assert hidden(page, "submission_key") not in {"", failed.submission_key}


def test_failed_form_sent_again_is_a_retry(
    browser: Client, post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    provider.says = TimeoutError()
    page = post_form()
    provider.says = answer()

    response = browser.post("/", report() | {name: hidden(page, name) for name in ("submission_key", "retry_of")})

    failed, retried = TraceRecord.objects.order_by("started_at")
    assert response["Location"] == f"/rotation/{retried.trace_id}"
    assert (retried.retry_of, retried.status) == (failed.trace_id, "completed")


def test_missing_or_ambiguous_record_has_its_own_sentence(
    post_form: PostForm, make_credential: MakeCredential, provider: FakeProvider
) -> None:
    for code, items in ((ErrorCode.ACCOUNT_UNKNOWN, ()), (ErrorCode.CREDENTIAL_AMBIGUOUS, ("blue", "green"))):
        for item in items:
            make_credential(item=item)
        page = post_form()
        assert page.status_code == 200, code
        assert SENTENCES[code] in page.text
        assert TraceRecord.objects.get(error_code=code).trace_id in page.text
        assert has_text(page, REPORT), code

    assert provider.calls == []


def test_unknown_account_is_corrected_in_the_failed_form(
    browser: Client, post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    page = post_form(report("acct_99999"))

    marks = {name: hidden(page, name) for name in ("submission_key", "retry_of")}
    response = browser.post("/", report() | marks)

    assert response.status_code == 303
    assert TraceRecord.objects.get(status="completed").retry_of is None


def test_errors_are_shown_beside_their_fields_and_input_is_kept(
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
    assert has_text(page, "too short")
    assert (value_of(page, "account_id"), value_of(page, "item")) == ("acct_wrong", "x")


def test_invalid_form_makes_no_row_and_no_call(
    post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    texts = {"short": "x" * 9, "long": "x" * 501, "blank": " \r\n" * 20, "NUL": "\0" * 12}
    forms = {"account": report("wrong")} | {name: report(text=text) for name, text in texts.items()}

    for name, form in forms.items():
        page = post_form(form)
        assert page.status_code == 422, name
        assert has_text(page, form["credential_report"]), name

    assert provider.calls == []
    assert not TraceRecord.objects.exists()


def test_empty_form_is_refused(browser: Client, db: None) -> None:
    page = browser.post("/", {})

    assert page.status_code == 422
    assert "Write at least 10 characters." in page.text


def test_invalid_form_keeps_its_hidden_fields(
    post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    page = post_form(report("wrong"), submission_key="the-key-of-this-form", retry_of="trace_" + "0" * 26)

    assert hidden(page, "submission_key") == "the-key-of-this-form"
    assert hidden(page, "retry_of") == "trace_" + "0" * 26


def test_text_within_the_limits_is_accepted(
    post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    texts = ("x" * 250 + "\r\n" + "x" * 249, "  " + "x" * 500 + "\r\n", "0123456789")

    statuses = [post_form(report(text=text)).status_code for text in texts]

    assert statuses == [303, 303, 303]
    assert [len(asked.credential_report) for asked, _ in provider.calls] == [500, 500, 10]


def test_spaces_around_the_account_id_are_accepted(
    post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    assert post_form(report(" acct_10234\t")).status_code == 303


def test_typed_text_is_escaped(post_form: PostForm, credential: Credential, provider: FakeProvider) -> None:
    attack = "</textarea><script>alert(1)</script>&amp; \"x\" 'y'"
    provider.says = TimeoutError()

    page = post_form(report(text=attack, item='"><script>'))

    assert has_text(page, attack)
    assert "<script>alert" not in page.text
    assert '"><script>' not in page.text


def test_form_sent_twice_makes_one_row_and_one_call(
    browser: Client, post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    endings: tuple[str | BaseException, ...] = (answer(), TimeoutError())

    for number, provider.says in enumerate(endings, start=1):
        first, second = (post_form(submission_key=f"key-{number}-of-this-form") for _ in range(2))
        assert first.status_code == second.status_code, provider.says
        assert first.headers.get("Location") == second.headers.get("Location"), provider.says
        assert (len(provider.calls), TraceRecord.objects.count()) == (number, number), provider.says


def test_form_sent_again_while_it_runs_leads_to_the_running_page(
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


def test_wrong_hidden_fields_are_refused_and_replaced(
    post_form: PostForm, credential: Credential, provider: FakeProvider, subtests: pytest.Subtests
) -> None:
    refused = (
        ("submission_key", "the-key-of-this-form", "This form was already sent with another report."),
        ("retry_of", "trace_" + "0" * 26, "Only a failed decision of your own on the same account can be retried"),
        ("submission_key", "x", "Part of this form was not valid."),
        ("retry_of", "x", "Part of this form was not valid."),
    )
    post_form(report(text="Another stale service-account key."), submission_key="the-key-of-this-form")

    for name, value, sentence in refused:
        with subtests.test(f"{name}={value}"):
            page = post_form(**{name: value})
            assert page.status_code == 422
            assert sentence in page.text
            assert has_text(page, REPORT)
            assert hidden(page, "submission_key") not in {"", "x", "the-key-of-this-form"}
            assert hidden(page, "retry_of") == ""

    assert (len(provider.calls), TraceRecord.objects.count()) == (1, 1)


def test_failed_first_write_keeps_the_text_and_the_key(
    post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    with ledger_refusing("INSERT"):
        page = post_form(submission_key="the-key-of-this-form")

    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert "Our records cannot be reached. Try again in a moment." in page.text
    assert has_text(page, REPORT)
    assert hidden(page, "submission_key") == "the-key-of-this-form"
    assert provider.calls == []


def test_failed_last_write_keeps_the_text_and_shows_the_trace_id(
    post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    with ledger_refusing("UPDATE"):
        page = post_form(submission_key="the-key-of-this-form")

    trace = TraceRecord.objects.get()
    assert (page.status_code, trace.status) == (503, "running")
    assert trace.trace_id in page.text
    assert has_text(page, REPORT)
    assert post_form(submission_key="the-key-of-this-form")["Location"] == f"/rotation/{trace.trace_id}"


def test_too_many_decisions_keep_the_text(
    post_form: PostForm, credential: Credential, provider: FakeProvider, settings: Settings
) -> None:
    settings.DECISIONS_IN_FLIGHT = 1
    crowd: list[Response] = []
    provider.meanwhile = lambda: crowd.append(post_form(report(text="Another stale key of a robot.")))

    post_form()

    assert (crowd[0].status_code, crowd[0]["Retry-After"]) == (503, "5")
    assert "Too many decisions are being made. Try again in a moment." in crowd[0].text
    assert has_text(crowd[0], "Another stale key of a robot.")
    assert TraceRecord.objects.count() == 1


def test_database_outage_keeps_the_text_of_a_signed_in_user(
    admin_client: Client, credential: Credential, provider: FakeProvider
) -> None:
    with database_down():
        page = admin_client.post("/", report(), headers={"Accept": "text/html"})

    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert has_text(page, REPORT)


def test_nul_is_refused_once_in_our_words(post_form: PostForm, credential: Credential, provider: FakeProvider) -> None:
    page = post_form(report(text="a stale key\0 of a robot"))

    assert "Remove the NUL character." in page.text
    assert "Null characters" not in page.text
