"""The form after a failure, an outage or a repetition: no typed text is lost, and no second row is made."""

import pytest
from django.test import Client
from pytest_django import Settings

from boundary.failures import ProviderRejected
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

pytestmark = pytest.mark.any_database

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
    assert f'<code class="trace-id" data-copied>{failed.trace_id}</code>' in page.text
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


def test_no_retry_is_offered_where_none_can_help(
    browser: Client, post_form: PostForm, credential: Credential, provider: FakeProvider, settings: Settings
) -> None:
    settings.SUPPORT_CONTACT = "https://help.example/llm"
    provider.says = ProviderRejected()

    page = post_form()

    result = browser.get(page["Content-Location"], headers={"Accept": "text/html"}).text
    for shown in (page.text, result):
        assert 'Trying again will not help. Ask <a href="https://help.example/llm"' in shown
        assert "Retry the decision" not in shown
    assert 'name="retry_of"' not in page.text


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


def test_while_every_place_is_taken_the_form_keeps_its_text_and_key_and_says_when_to_try_again(
    post_form: PostForm, credential: Credential, provider: FakeProvider, settings: Settings
) -> None:
    settings.DECISIONS_IN_FLIGHT = 1
    form = report(text="Another stale key of a robot.") | {"submission_key": "the-key-of-this-form"}
    crowd: list[Response] = []
    provider.meanwhile = lambda: crowd.append(post_form(form))

    post_form()

    (refused,) = crowd
    assert (refused.status_code, refused["Retry-After"]) == (503, "5")
    assert "All places are taken; try again in 5 s." in refused.text
    assert has_text(refused, "Another stale key of a robot.")
    assert hidden(refused, "submission_key") == "the-key-of-this-form"
    assert TraceRecord.objects.count() == 1
    provider.meanwhile = lambda: None
    assert post_form(form).status_code == 303
    assert TraceRecord.objects.filter(submission_key="the-key-of-this-form").count() == 1


def test_only_a_form_without_a_place_is_marked_to_be_sent_again(
    post_form: PostForm, credential: Credential, provider: FakeProvider, settings: Settings
) -> None:
    settings.DECISIONS_IN_FLIGHT = 1
    crowd: list[Response] = []
    provider.meanwhile = lambda: crowd.append(post_form())
    post_form()

    with ledger_refusing("INSERT"):
        without_ledger = post_form()
    settings.SUBMITTER_DECISIONS_PER_MINUTE = 1
    over_the_limit = post_form()

    pages = (*crowd, without_ledger, over_the_limit)
    marked = [("data-crowded" in page.text, page.status_code) for page in pages]
    assert marked == [(True, 503), (False, 503), (False, 429)]


def test_database_outage_keeps_the_text_of_a_signed_in_user(
    admin_client: Client, credential: Credential, provider: FakeProvider
) -> None:
    with database_down():
        page = admin_client.post("/", report(), headers={"Accept": "text/html"})

    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert has_text(page, REPORT)
