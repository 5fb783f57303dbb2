"""What the form refuses: the error is beside its field, the input is kept, and nothing was written or asked."""

import re

import pytest
from django.test import Client

from rotation.models import Credential
from tests.conftest import REPORT, report
from tests.fakes import FakeProvider
from tests.interfaces.conftest import (
    PostForm,
    has_text,
    hidden,
    value_of,
)
from traces.models import TraceRecord

pytestmark = pytest.mark.any_database


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
    texts = {"short": "x" * 9, "long": "x" * 501, "blank": " \r\n" * 20, "invisible": "\u200b" * 12, "NUL": "\0" * 12}
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


def test_wrong_hidden_fields_are_refused_and_replaced(
    post_form: PostForm, credential: Credential, provider: FakeProvider, subtests: pytest.Subtests
) -> None:
    refused = (
        ("submission_key", "the-key-of-this-form", "This form was already sent with another report."),
        (
            "retry_of",
            "trace_" + "0" * 26,
            "No failed decision of yours on this account has this id. So this counts as a new report.",
        ),
        ("submission_key", "x", "This form was changed on its way. It is renewed: send it again."),
        ("retry_of", "x", "This form was changed on its way. It is renewed: send it again."),
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


def test_nul_is_refused_once_in_our_words(post_form: PostForm, credential: Credential, provider: FakeProvider) -> None:
    page = post_form(report(text="a stale key\0 of a robot"))

    assert "Remove the NUL character." in page.text
    assert "Null characters" not in page.text
