"""`/mine`: a member's own requests page by page, accounts, tokens, and the end of all sessions."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertNotContains

from access.models import Account, ApiToken
from tests.access.conftest import FOREIGN, OWN, Visitor, bearing, signed_in
from tests.conftest import Response
from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW, insert
from traces.identifiers import new_trace_id
from traces.models import TraceRecord

EMPTY = ("No request of yours is here", "You were given no account yet", "You have made no token")


def user(name: str) -> User:
    return User.objects.get(username=name)


def sent_by(name: str, *, seconds_ago: int = 0, like: dict[str, Any] = COMPLETED_ROW, **changes: Any) -> TraceRecord:
    started_at = timezone.now() - timedelta(seconds=seconds_ago)
    row = {"submitter": f"user:{user(name).pk}", "started_at": started_at, "finished_at": started_at}
    return insert(like | row | changes)


def shown(page: Response) -> list[str]:
    return re.findall(r'class="trace-id"[^>]*>(\w+)<', page.text)


def pages(page: Response) -> dict[str, str]:
    return {name: place for place, name in re.findall(r'<a href="\?p=([\w.]+)">(\w+)</a>', page.text)}


def mine(who: Visitor, place: str = "") -> Response:
    return who.client.get("/mine", {"p": place} if place else {})


def test_requests_of_both_workflows_are_shown_newest_first_with_links() -> None:
    ada = signed_in("ada", OWN)
    ticket: dict[str, Any] = {"workflow": "tickets", "decision": "billing", "account_id": None, "policy_line_ids": []}
    first, second = sent_by("ada", seconds_ago=9, decision="needs_review"), sent_by("ada", seconds_ago=5, **ticket)
    third = sent_by("ada", like=FAILED_ROW)

    page = mine(ada)

    assert shown(page) == [third.pk, f"task_{second.pk[6:]}", first.pk]
    assertContains(page, f'href="/tickets/task_{second.pk[6:]}"')
    assertContains(page, f'href="/rotation/{first.pk}"')
    for outcome in ("needs review", "billing", "failed"):
        assertContains(page, f"<strong>{outcome}</strong>")
    assert ada.read(first.pk, "text/html").status_code == 200


def test_request_of_a_workflow_that_is_gone_has_no_link() -> None:
    ada = signed_in("ada")
    trace = sent_by("ada", workflow="retired")

    assertContains(mine(ada), f'<span class="trace-id">{trace.pk}</span>')


def test_pages_show_every_request_once_without_a_count_or_an_offset() -> None:
    ada, eve = signed_in("ada"), signed_in("eve")
    sent = [sent_by("ada", seconds_ago=number // 3 * 10).pk for number in range(45)]
    sent_by("eve", seconds_ago=20)

    with CaptureQueriesContext(connection) as queries:
        first = mine(ada)
        second = mine(ada, pages(first)["Older"])
        third = mine(ada, pages(second)["Older"])

    assert [len(shown(page)) for page in (first, second, third)] == [20, 20, 5]
    assert sorted(shown(first) + shown(second) + shown(third)) == sorted(sent)
    assert [sorted(pages(page)) for page in (first, second, third)] == [["Older"], ["Newer", "Older"], ["Newer"]]
    assert shown(mine(ada, pages(third)["Newer"])) == shown(second)
    assert not [query["sql"] for query in queries if re.search("COUNT|OFFSET", query["sql"])]
    assert len(shown(mine(eve))) == 1


def test_accounts_and_tokens_are_ones_own() -> None:
    Account.objects.create(account_id=OWN, name="Invoices <GmbH>")
    ada, eve = signed_in("ada", OWN), signed_in("eve", FOREIGN)
    used = ApiToken(name="used job", created_by=user("ada"), expires_on=timezone.now().date())
    used.issue([])
    ApiToken(name="idle job", created_by=user("ada")).issue([])
    ApiToken(name="job of eve", created_by=user("eve")).issue([])
    for seconds_ago in (4000, 0):
        sent_by("ada", seconds_ago=seconds_ago, submitter=used.submitter)

    page = mine(ada)

    assertContains(page, "acct_10234, Invoices &lt;GmbH&gt;")
    assertContains(page, f"begins with {used.prefix}…, active, valid until ")
    assertContains(page, f'Last used <time datetime="{used.last_used_at:%Y-%m-%dT%H:%M:%SZ}">')
    assertContains(page, "Not used, or its traces are no longer kept", count=1)
    for foreign in (FOREIGN, "job of eve"):
        assertNotContains(page, foreign)
        assertContains(mine(eve), foreign)
    assert shown(page) == []


def test_empty_page_says_what_is_missing_and_many_accounts_are_folded() -> None:
    empty = mine(signed_in("eve"))
    many = mine(signed_in("ada", *(f"acct_{number:05}" for number in range(21))))

    for sentence in EMPTY:
        assertContains(empty, sentence)
    assertContains(many, "<details>")


def test_tokens_and_accounts_cost_one_statement_each() -> None:
    ada, eve = signed_in("ada", *(f"acct_{number:05}" for number in range(50))), signed_in("eve")
    for number in range(5):
        ApiToken(name=f"job {number}", created_by=user("ada")).issue([])

    counts = []
    for who in (eve, ada):
        with CaptureQueriesContext(connection) as queries:
            mine(who)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_every_visitor_is_answered_as_the_table_says(settings: Settings, browser: Client) -> None:
    ada = signed_in("ada", OWN)
    secret = ApiToken(name="a program").issue([OWN])
    with_both = ada.client.get("/mine", headers=bearing(secret).headers)

    assert browser.get("/mine")["Location"] == "/sign-in?next=/mine"
    assert [mine(ada).status_code, with_both.status_code] == [200, 404]
    assert [Client().get("/mine", headers=bearing(secret).headers).status_code] == [404]
    assert ada.client.post("/mine").status_code == 405
    assertContains(ada.client.get("/"), '<a href="/mine">My requests</a>')
    settings.ACCESS = "open"
    assert [each.get("/mine").status_code for each in (ada.client, browser)] == [404, 404]


@pytest.mark.parametrize("direction", ["older", "newer"])
def test_foreign_request_starts_no_page(direction: str) -> None:
    ada, _eve = signed_in("ada"), signed_in("eve")
    for seconds_ago in (0, 10, 20):
        sent_by("ada", seconds_ago=seconds_ago)
    foreign = sent_by("eve", seconds_ago=5)
    ada.client.get("/mine")

    answers, statements = [], []
    for start in (foreign.pk, new_trace_id()):
        with CaptureQueriesContext(connection) as queries:
            answers.append(shown(mine(ada, f"{direction}.{start}")))
        statements.append([re.sub(r"'[^']*'|\d+", "", query["sql"]) for query in queries])

    assert answers[0] == answers[1] == shown(mine(ada))
    assert statements[0] == statements[1]


@pytest.mark.parametrize("place", ["2", "older.", "older.x", "newer.\0", "older." + "7" * 300])
def test_invalid_page_is_the_first_page(place: str) -> None:
    ada = signed_in("ada")
    trace = sent_by("ada")

    assert shown(mine(ada, place)) == [trace.pk]


def test_sign_out_everywhere_ends_every_session_of_the_member_alone() -> None:
    ada, eve, elsewhere = signed_in("ada"), signed_in("eve"), Visitor()
    elsewhere.client.force_login(user("ada"))

    left = ada.client.post("/sign-out/everywhere")

    assert left["Location"] == "/sign-in"
    assert [mine(who).status_code for who in (ada, elsewhere, eve)] == [302, 302, 200]
    assert Session.objects.count() == 1
    assert Client().post("/sign-out/everywhere")["Location"] == "/sign-in"
    assert eve.client.get("/sign-out/everywhere").status_code == 405


def test_sign_out_everywhere_is_protected_against_other_sites() -> None:
    signed_in("ada")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user("ada"))

    assert strict.post("/sign-out/everywhere").status_code == 403
    assert Session.objects.count() == 2
