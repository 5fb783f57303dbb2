"""The page at `/` without script: post, redirect, stored result."""

import re
from collections.abc import Callable

import pytest
from django import forms
from django.test import Client
from pytest_django import Settings

from decisions.forms import ReportForm
from rotation.contract import RotationReport
from rotation.models import Credential
from rotation.policy import P7
from tests.conftest import REPORT, report
from tests.fakes import FakeProvider, answer
from tests.interfaces.conftest import CANARY, PostForm, follow, hidden
from traces.models import TraceRecord

pytestmark = pytest.mark.any_database

# The sentences about rotation that a page may show: they deny it.
DENIALS = (
    "Nothing is ever rotated, approved or scheduled here.",
    "nothing is rotated.",
    "Nothing is rotated, and no one is asked to do it.",
    "Most policies ask for keys <em>older</em> than a limit to be rotated.",
    P7.text,
)


class Choosing(ReportForm):
    account_id = forms.CharField()
    credential_report = forms.CharField()
    item = forms.ChoiceField(choices=[("", "any"), ("invoice-sync", "invoice-sync")])


def test_form_with_a_choice_is_read_by_the_same_contract() -> None:
    form = Choosing(report(item="invoice-sync"), report_type=RotationReport)

    assert form.is_valid()
    assert form.report == RotationReport.model_validate(report(item="invoice-sync"))


def shown(page: str, tag: str) -> str:
    """Return the text of the first element with this name."""
    found = re.search(rf"<{tag}[^>]*>(.*?)</{tag}>", page, re.DOTALL)
    return " ".join(found[1].split()) if found else ""


def test_page_has_a_form_that_posts_to_itself(browser: Client, db: None) -> None:
    page = browser.get("/")

    assert (page.status_code, page["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "Describe a stale service-account key" in page.text
    assert '<form method="post" action="/"' in page.text
    assert {"account_id", "credential_report", "item"} <= set(re.findall(r'name="(\w+)"', page.text))
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", hidden(page, "submission_key"))


def test_page_waits_longer_than_a_decision_may_take(browser: Client, db: None, settings: Settings) -> None:
    settings.DECISION_DEADLINE_SECONDS = 7.0

    [patience] = re.findall(r'data-patience-seconds="([^"]*)"', browser.get("/").text)

    assert float(patience) > 7


def test_page_shows_the_rule_and_how_age_is_counted(browser: Client, db: None) -> None:
    page = browser.get("/").text

    assert P7.text in page
    assert "Age is whole days from the day the credential was issued to today in UTC" in page


def test_each_visit_gets_a_new_key(browser: Client, db: None) -> None:
    assert hidden(browser.get("/"), "submission_key") != hidden(browser.get("/"), "submission_key")


@pytest.mark.parametrize("https", [False, True], ids=["HTTP", "HTTPS"])
def test_browser_gets_a_signed_cookie(browser: Client, settings: Settings, *, https: bool) -> None:
    name = "__Host-submitter" if https else "submitter"
    settings.HTTPS, settings.SUBMITTER_COOKIE_NAME = https, name

    cookie = browser.get("/").cookies[name]

    assert re.fullmatch(r"[A-Za-z0-9_-]{22}:[A-Za-z0-9]+:[A-Za-z0-9_-]+", cookie.value)
    assert (cookie["httponly"], cookie["samesite"], bool(cookie["secure"])) == (True, "Lax", https)


def test_known_browser_gets_no_second_cookie(browser: Client) -> None:
    browser.get("/")

    assert "submitter" not in browser.get("/").cookies


def test_unsigned_cookie_is_replaced(browser: Client) -> None:
    browser.cookies["submitter"] = "A" * 22

    assert "submitter" in browser.get("/").cookies


def test_row_has_the_browser_and_the_source(
    browser: Client, post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    post_form()

    row = TraceRecord.objects.get()
    assert (row.source, row.submitter) == ("web", f"browser:{browser.cookies['submitter'].value.partition(':')[0]}")


def test_decision_leads_to_its_result(post_form: PostForm, credential: Credential, provider: FakeProvider) -> None:
    response = post_form()

    assert response.status_code == 303
    assert response["Location"] == f"/rotation/{TraceRecord.objects.get().trace_id}"


def test_result_shows_the_decision_and_its_evidence(
    browser: Client, post_form: PostForm, credential: Credential, provider: FakeProvider, subtests: pytest.Subtests
) -> None:
    headings = {
        "eligible": "Eligible under P-7",
        "not_eligible": "Not eligible under P-7",
        "needs_review": "Needs review under P-7",
    }

    for decision, heading in headings.items():
        with subtests.test(decision):
            provider.says = answer(decision)
            page = follow(browser, post_form())
            assert (shown(page, "h1"), shown(page, "title").partition(" \N{EN DASH} ")[0]) == (heading, heading)
            assert P7.text in page
            assert "12 days" in page
            assert TraceRecord.objects.get(decision=decision).trace_id in page
            assert "provider: fake, model fake-model-2" in page


def test_result_names_what_was_not_checked(
    browser: Client, post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    page = follow(browser, post_form())

    assert "What was not checked" in page


def test_result_of_the_rules_says_that_no_model_was_called(
    browser: Client, post_form: PostForm, credential: Credential
) -> None:
    page = follow(browser, post_form())

    assert shown(page, "h1") == "Eligible under P-7"
    assert "provider: rules, no model was called" in page


def test_result_does_not_show_the_report(
    browser: Client, post_form: PostForm, credential: Credential, provider: FakeProvider
) -> None:
    assert CANARY not in follow(browser, post_form(report(text=f"{REPORT} {CANARY}")))


def test_no_page_claims_a_rotation(
    browser: Client,
    post_form: PostForm,
    credential: Credential,
    provider: FakeProvider,
    open_trace: Callable[..., TraceRecord],
) -> None:
    completed = []
    for decision in ("eligible", "not_eligible", "needs_review"):
        provider.says = answer(decision)
        completed.append(follow(browser, post_form()))
    provider.says = TimeoutError()
    failed = post_form()
    addresses = ["/", "/nowhere", f"/rotation/{hidden(failed, 'retry_of')}", f"/rotation/{open_trace().trace_id}"]
    pages = [*completed, failed.text, post_form(report("x")).text, *(browser.get(path).text for path in addresses)]

    for page in pages:
        for denial in DENIALS:
            page = page.replace(denial, "")  # noqa: PLW2901 - the rest is searched
        assert not re.findall(r"approv\w*|rotated|scheduled|\bjobs?\b", page, re.IGNORECASE)
