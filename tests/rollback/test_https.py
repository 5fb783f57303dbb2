"""Over HTTPS the new release names its cookies differently: what people notice when their requests go to either."""

import pytest

from tests.conftest import REPORT, report
from tests.rollback.browser import Browser
from tests.rollback.conftest import Servers, Site
from tests.rollback.releases import SCHEME
from tests.rollback.test_side_by_side import IN_BOTH_DIRECTIONS
from tests.torture.ledgers import query

pytestmark = pytest.mark.skipif(SCHEME == "http", reason="over HTTP the names are the same")


def submitter_at(browser: Browser, server: str, servers: Servers, site: Site) -> str:
    """Have a report decided, and return its submitter as the ledger has it."""
    asked = getattr(servers, server)
    trace_id = browser.ask(asked, asked).location.rpartition("/")[2]
    [[submitter]] = query(site.url, f"SELECT submitter FROM traces_tracerecord WHERE trace_id = '{trace_id}'")  # noqa: S608
    return str(submitter)


@IN_BOTH_DIRECTIONS
def test_form_of_one_release_is_accepted_by_the_other_when_it_is_sent_again(
    servers: Servers, one: str, other: str
) -> None:
    browser, shown_by, sent_to = Browser(), getattr(servers, one), getattr(servers, other)

    refused = browser.ask(shown_by, sent_to)
    answer = browser.post(sent_to, "/", refused, **report())

    assert (refused.status, REPORT in refused.text, answer.status) == (403, True, 303)
    assert "Eligible under" in browser.get(shown_by, answer.location).text


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("old", "new", [403, 200]),
        # The old release takes this browser for another one, whose failure this is not.
        ("new", "old", [403, 422, 200]),
    ],
)
def test_failed_form_of_one_release_is_accepted_by_the_other_when_it_is_sent_again(
    servers: Servers, one: str, other: str, expected: list[int]
) -> None:
    browser, first, second = Browser(), getattr(servers, one), getattr(servers, other)
    pages = [browser.ask(first, first, "acct_20468")]

    for _ in expected:
        pages.append(browser.post(second, "/", pages[-1], **report("acct_20468")))

    assert [page.status for page in pages] == [200, *expected]
    assert all(REPORT in page.text for page in pages)
    # The new release knows that the check refused the answer twice, and offers no other retry.
    assert ("Trying again will not help" in pages[-1].text) == (second is servers.new)
    assert ('name="retry_of"' in pages[-1].text) == (second is servers.old)


@IN_BOTH_DIRECTIONS
def test_operator_signs_in_again_and_is_then_signed_in_at_both(
    servers: Servers, site: Site, one: str, other: str
) -> None:
    browser, first, second = Browser(), getattr(servers, one), getattr(servers, other)
    browser.sign_in(first, "operator", site.password)
    before = browser.get(second, "/admin/traces/tracerecord/").status
    browser.sign_in(second, "operator", site.password)

    statuses = [browser.get(server, "/admin/traces/tracerecord/").status for server in (first, second)]

    assert (before, statuses) == (302, [200, 200])


def test_browser_keeps_its_identity_in_the_new_release(servers: Servers, site: Site) -> None:
    browser = Browser()

    in_the_old = submitter_at(browser, "old", servers, site)

    assert submitter_at(browser, "new", servers, site) == in_the_old
    assert in_the_old.startswith("browser:")


def test_browser_of_the_new_release_is_another_one_during_a_rollback_alone(servers: Servers, site: Site) -> None:
    browser = Browser()

    submitters = [submitter_at(browser, server, servers, site) for server in ("new", "old", "new")]

    assert submitters[0] == submitters[2] != submitters[1]
