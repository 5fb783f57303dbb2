"""The form of a retry names the failed request: its id, account, time and reason, each time that it is shown."""

import pytest
from django.test import Client
from pytest_django import Settings

from rotation.models import Credential
from tests.conftest import REPORT, Response, report
from tests.fakes import FakeProvider, answer
from tests.interfaces.conftest import PostForm, database_down, has_text, hidden
from traces.models import TraceRecord

HEADING = "This retries a failed decision"


@pytest.fixture
def failed(post_form: PostForm, credential: Credential, provider: FakeProvider) -> TraceRecord:
    provider.says = TimeoutError()
    post_form()
    provider.says = answer()
    return TraceRecord.objects.get()


def named_in(page: Response) -> str:
    """Return the part of a page that names the failed request, without it nothing."""
    return " ".join(page.text.partition(HEADING)[2].partition("</section>")[0].split())


def test_every_form_of_a_retry_names_the_failed_request(
    browser: Client, post_form: PostForm, failed: TraceRecord, provider: FakeProvider, settings: Settings
) -> None:
    opened = browser.get(f"/?retry_of={failed.pk}")
    invalid = post_form(report(text="short"), retry_of=failed.pk)
    settings.SUBMITTER_DECISIONS_PER_MINUTE = 1
    refused = post_form(retry_of=failed.pk)

    assert (invalid.status_code, refused.status_code) == (422, 429)
    for page in (opened, invalid, refused):
        assert f'href="/rotation/{failed.pk}"' in named_in(page)
        assert "It was about acct_10234. It failed on <time" in named_in(page)
        assert "The service said: “Decision unavailable; retry safely.”" in named_in(page)
        assert hidden(page, "retry_of") == failed.pk


def test_form_that_failed_again_names_its_latest_failure(
    post_form: PostForm, failed: TraceRecord, provider: FakeProvider
) -> None:
    provider.says = TimeoutError()

    page = post_form(retry_of=failed.pk)

    latest = TraceRecord.objects.get(retry_of=failed.pk)
    assert f'retried by the form below. <a href="/rotation/{latest.pk}"' in page.text
    assert "It was about acct_10234. It failed on <time" in page.text
    assert failed.pk not in page.text
    assert HEADING not in page.text


def test_form_names_no_failure_of_another_browser_or_of_no_one(browser: Client, failed: TraceRecord) -> None:
    for sender, retry_of in ((Client(), failed.pk), (browser, "trace_" + "0" * 26), (browser, "trace_\0")):
        page = sender.post("/", report(text="short") | {"retry_of": retry_of})
        assert page.status_code == 422, retry_of
        assert HEADING not in page.text, retry_of


def test_text_stays_in_the_form_while_the_failed_request_cannot_be_read(browser: Client, failed: TraceRecord) -> None:
    with database_down():
        page = browser.post("/", report() | {"retry_of": failed.pk})

    assert page.status_code == 503
    assert has_text(page, REPORT)
    assert HEADING not in page.text
