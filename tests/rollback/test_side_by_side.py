"""A customer and an operator whose requests go now to the one release and now to the other."""

import json
import re

import pytest

from tests.conftest import report
from tests.rollback.browser import Browser
from tests.rollback.conftest import Pair, Site, Tell, decide

BOTH_WAYS = pytest.mark.parametrize(("one", "other"), [("old", "new"), ("new", "old")])


@BOTH_WAYS
def test_what_one_decided_the_other_reads(both: Pair, one: str, other: str) -> None:
    for account_id in ("acct_10234", "acct_20468", "acct_99999"):
        trace_id = decide(getattr(both, one), account_id)

        answers = [getattr(both, name).ask(f"/rotation/{trace_id}") for name in (one, other)]

        assert answers[0] == answers[1]


@BOTH_WAYS
def test_a_submission_sent_again_to_the_other_is_not_decided_again(both: Pair, one: str, other: str) -> None:
    key = {"Idempotency-Key": f"sent-to-{one}-first"}

    first, again = (getattr(both, name).ask("/rotation/decide", report(), **key) for name in (one, other))

    assert first == again
    assert first[0] == 200


@BOTH_WAYS
def test_a_retry_at_the_other_names_what_failed_here(both: Pair, one: str, other: str) -> None:
    failed = decide(getattr(both, one), "acct_20468")

    status, text = getattr(both, other).ask("/rotation/decide", report("acct_20468"), **{"Retry-Of": failed})

    assert status == 200
    assert json.loads(text)["trace_id"] != failed


@BOTH_WAYS
def test_a_form_of_one_is_taken_by_the_other(both: Pair, one: str, other: str) -> None:
    browser, shown_by, sent_to = Browser(), getattr(both, one), getattr(both, other)

    answer = browser.ask(shown_by, sent_to)

    assert answer.status == 303
    result = browser.get(shown_by, answer.location)
    assert (result.status, "Eligible under" in result.text) == (200, True)


@BOTH_WAYS
def test_a_failed_form_of_one_is_retried_at_the_other(both: Pair, one: str, other: str) -> None:
    browser, first, second = Browser(), getattr(both, one), getattr(both, other)
    failed = browser.ask(first, first, "acct_20468")

    again = browser.post(second, "/", failed, **report("acct_20468"))

    assert (failed.status, again.status) == (200, 200)
    assert 'name="retry_of"' in again.text


@BOTH_WAYS
def test_an_operator_signed_in_at_one_is_known_to_the_other(both: Pair, site: Site, one: str, other: str) -> None:
    browser = Browser()
    browser.sign_in(getattr(both, one), "operator", site.password)

    statuses = [browser.get(getattr(both, name), "/admin/traces/tracerecord/").status for name in (one, other)]

    assert statuses == [200, 200]


@BOTH_WAYS
def test_a_page_of_one_finds_its_style_at_the_other(both: Pair, tell: Tell, one: str, other: str) -> None:
    page = Browser().get(getattr(both, one), "/")
    files = set(re.findall(r'"(/static/[^"]+)"', page.text))

    found = {path: Browser().get(getattr(both, other), path).status for path in sorted(files)}

    gone = [path for path, status in found.items() if status != 200]
    tell(f"static files of the {one} release's page at the {other} one: {len(files)}, not there {gone or 0}")
    assert len(files) >= 3


def test_the_old_admin_finds_what_the_new_release_decided(both: Pair, site: Site) -> None:
    browser, trace_id = Browser(), decide(both.new, "acct_20468")
    browser.sign_in(both.old, "operator", site.password)

    found = browser.get(both.old, f"/admin/traces/tracerecord/?q={trace_id}")
    story = browser.get(both.old, f"/admin/traces/tracerecord/{trace_id}/change/")

    assert trace_id in found.text
    assert (story.status, "age_exceeds_window" in story.text) == (200, True)


@pytest.mark.parametrize("release", ["old", "new"])
def test_rows_from_before_the_migration_are_read(both: Pair, site: Site, release: str) -> None:
    statuses = [
        json.loads(getattr(both, release).ask(f"/rotation/{trace_id}")[1])["status"]
        for trace_id in (site.decided, site.failed)
    ]

    assert statuses == ["completed", "failed"]


def test_the_old_release_is_ready_on_the_new_schema(both: Pair, tell: Tell) -> None:
    status, text = both.old.ask("/readyz")

    tell(f"the old release's /readyz on the new schema: {status} {text}")
    assert status == 200
