"""A customer and an operator whose requests go to either release."""

import json
import re

import pytest
from django.contrib.admin.utils import quote

from tests.conftest import report
from tests.rollback.browser import Browser
from tests.rollback.conftest import SHARES_COOKIES, PrintAtEnd, Servers, Site, decide

IN_BOTH_DIRECTIONS = pytest.mark.parametrize(("one", "other"), [("old", "new"), ("new", "old")])


@IN_BOTH_DIRECTIONS
def test_traces_of_one_release_are_read_by_the_other(servers: Servers, one: str, other: str) -> None:
    for account_id in ("acct_10234", "acct_20468", "acct_99999"):
        trace_id = decide(getattr(servers, one), account_id)

        answers = [getattr(servers, name).ask(f"/rotation/{trace_id}") for name in (one, other)]

        assert answers[0] == answers[1]


@IN_BOTH_DIRECTIONS
def test_submission_repeated_at_the_other_release_is_decided_once(servers: Servers, one: str, other: str) -> None:
    key = {"Idempotency-Key": f"sent-to-{one}-first"}

    first, again = (getattr(servers, name).ask("/rotation/decide", report(), **key) for name in (one, other))

    assert first == again
    assert first[0] == 200


@IN_BOTH_DIRECTIONS
def test_failure_at_one_release_is_retried_at_the_other(servers: Servers, one: str, other: str) -> None:
    failed = decide(getattr(servers, one), "acct_20468")

    status, text = getattr(servers, other).ask("/rotation/decide", report("acct_20468"), **{"Retry-Of": failed})

    assert status == 200
    assert json.loads(text)["trace_id"] != failed


@SHARES_COOKIES
@IN_BOTH_DIRECTIONS
def test_form_of_one_release_is_accepted_by_the_other(servers: Servers, one: str, other: str) -> None:
    browser, shown_by, sent_to = Browser(), getattr(servers, one), getattr(servers, other)

    answer = browser.ask(shown_by, sent_to)

    assert answer.status == 303
    result = browser.get(shown_by, answer.location)
    assert (result.status, "Eligible under" in result.text) == (200, True)


@SHARES_COOKIES
@IN_BOTH_DIRECTIONS
def test_failed_form_of_one_release_is_retried_at_the_other(servers: Servers, one: str, other: str) -> None:
    browser, first, second = Browser(), getattr(servers, one), getattr(servers, other)
    failed = browser.ask(first, first, "acct_20468")

    again = browser.post(second, "/", failed, **report("acct_20468"))

    assert (failed.status, again.status) == (200, 200)
    # Only a retry is told so, and only by the new release: the check refused the answer twice.
    assert ("Trying again will not help" in again.text) == (second is servers.new)
    assert ('name="retry_of"' in again.text) == (second is servers.old)


@SHARES_COOKIES
@IN_BOTH_DIRECTIONS
def test_operators_session_is_valid_in_both_releases(servers: Servers, site: Site, one: str, other: str) -> None:
    browser = Browser()
    browser.sign_in(getattr(servers, one), "operator", site.password)

    statuses = [browser.get(getattr(servers, name), "/admin/traces/tracerecord/").status for name in (one, other)]

    assert statuses == [200, 200]


@IN_BOTH_DIRECTIONS
def test_page_of_one_release_finds_its_static_files_at_the_other(
    servers: Servers, print_at_end: PrintAtEnd, one: str, other: str
) -> None:
    page = Browser().get(getattr(servers, one), "/")
    files = set(re.findall(r'"(/static/[^"]+)"', page.text))

    found = {path: Browser().get(getattr(servers, other), path).status for path in sorted(files)}

    gone = [path for path, status in found.items() if status != 200]
    print_at_end(f"static files of the {one} release's page at the {other} one: {len(files)}, not there {gone or 0}")
    assert len(files) >= 3


def test_old_admin_finds_traces_of_the_new_release(servers: Servers, site: Site) -> None:
    browser, trace_id = Browser(), decide(servers.new, "acct_20468")
    browser.sign_in(servers.old, "operator", site.password)

    found = browser.get(servers.old, f"/admin/traces/tracerecord/?q={trace_id}")
    story = browser.get(servers.old, f"/admin/traces/tracerecord/{trace_id}/change/")

    assert (found.status, quote(trace_id) in found.location) == (302, True)
    assert (story.status, "age_exceeds_window" in story.text) == (200, True)


@pytest.mark.parametrize("release", ["old", "new"])
def test_rows_from_before_the_migration_are_read_by_both(servers: Servers, site: Site, release: str) -> None:
    statuses = [
        json.loads(getattr(servers, release).ask(f"/rotation/{trace_id}")[1])["status"]
        for trace_id in (site.decided, site.failed)
    ]

    assert statuses == ["completed", "failed"]


def test_old_release_is_ready_on_the_new_schema(servers: Servers, print_at_end: PrintAtEnd) -> None:
    status, text = servers.old.ask("/readyz")

    print_at_end(f"the old release's /readyz on the new schema: {status} {text}")
    assert status == 200
