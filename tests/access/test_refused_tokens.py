"""Refused tokens are limited for an address, and stop nobody who has a valid token or signs in there."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F, Sum
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from access.tokens import new_secret
from tests.access.conftest import OWN, PASSWORD, Visitor, bearing, issued
from tests.access.test_making_tokens import kept
from tests.conftest import REPORT, Response
from tests.interfaces.conftest import BROWSER, problem
from traces.identifiers import new_trace_id

LIMIT = 20
LOCKED_SECONDS = 15 * 60


@pytest.fixture
def locked(db: None) -> None:
    """Lock the address of the test client."""
    refuse(LIMIT)


def refuse(times: int, address: str = "127.0.0.1") -> list[int]:
    return [guess(address).status_code for _ in range(times)]


def guess(address: str) -> Response:
    stranger = bearing(new_secret())
    stranger.client = Client(REMOTE_ADDR=address)
    return stranger.ask_json(OWN)


def sign_in(password: str = PASSWORD, name: str = "ada") -> int:
    return Client().post("/sign-in", {"username": name, "password": password}).status_code


def test_limit_of_refused_tokens_is_reached() -> None:
    statuses = refuse(LIMIT + 1)

    assert statuses == [401] * LIMIT + [429]


def test_refusal_of_a_locked_address_says_how_long_to_wait(locked: None) -> None:
    stranger = bearing(new_secret())

    in_json, result = stranger.ask_json(OWN), stranger.read(new_trace_id())
    pages = [stranger.ask_page(OWN), stranger.read(new_trace_id(), BROWSER)]

    for answer in (in_json, result):
        assert problem(answer, 429)["type"] == "urn:problem-type:too-many-tokens"
        assert LOCKED_SECONDS - 60 < int(answer["Retry-After"]) <= LOCKED_SECONDS
    for page in pages:
        assert page.status_code == 429
        assert "Send a valid one, or come back in 15 minutes." in page.text
        assert LOCKED_SECONDS - 60 < int(page["Retry-After"]) <= LOCKED_SECONDS
    assert REPORT in pages[0].text


def test_valid_token_is_accepted_at_the_same_cost_at_a_locked_address(
    locked: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _, job = issued("job", OWN)

    # As in test_tokens.py.
    with django_assert_num_queries(2 + 1 + 2 + 2):
        answer = job.ask_json(OWN)

    assert answer.json()["status"] == "completed"


def test_nothing_is_written_for_a_locked_address(locked: None) -> None:
    before = list(AccessAttempt.objects.values())

    with CaptureQueriesContext(connection) as queries:
        statuses = refuse(3)

    assert statuses == [429] * 3
    assert [query["sql"] for query in queries if not query["sql"].lstrip().startswith("SELECT")] == []
    assert list(AccessAttempt.objects.values()) == before


def test_refused_tokens_do_not_stop_people_who_sign_in(ada: User, locked: None) -> None:
    failed = sign_in("wrong")

    assert (failed, sign_in()) == (200, 302)
    assert refuse(1) == [429]


def test_failed_sign_ins_do_not_count_as_tokens(ada: User) -> None:
    failed = [sign_in("wrong", name=f"guess-{number}") for number in range(LIMIT)]

    assert failed[-1] == 429
    assert refuse(1) == [401]


def test_lock_ends_15_minutes_after_the_last_counted_token(locked: None) -> None:
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(seconds=LOCKED_SECONDS - 60))
    early = refuse(1)
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(seconds=60))

    assert early + refuse(LIMIT + 1) == [429] + [401] * LIMIT + [429]


def test_each_address_has_its_own_count(locked: None) -> None:
    # The peer of a unix socket has no address, and one /64 is one client.
    for one, other in (("127.0.0.2", "127.0.0.2"), ("", ""), ("2001:db8::1", "2001:db8::2")):
        assert refuse(LIMIT, one) + refuse(1, other) == [401] * LIMIT + [429], one


def test_only_the_address_of_a_refused_token_is_stored(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    secret, canary = new_secret(), "canary-7d1e"
    headers = {"User-Agent": f"{canary} {secret}", "Accept": BROWSER, "X-Forwarded-For": canary}

    refused = Visitor(headers=bearing(secret).headers | headers)
    statuses = [refused.ask_json(OWN).status_code, refused.ask_page(OWN, item=canary).status_code]
    refused.client.get(f"/?submission={canary}", headers=refused.headers)

    [attempt] = AccessAttempt.objects.values("username", "ip_address", "user_agent", "failures_since_start")
    assert (statuses, tuple(attempt.values())) == ([401, 401], ("", "127.0.0.1", "<unknown>", 3))
    for word in (secret, secret[:8], secret[4:12], canary, REPORT):
        assert word not in kept() + caplog.text, word


@pytest.mark.django_db(transaction=True)
def test_tokens_refused_at_the_same_moment_are_all_counted() -> None:
    def refuse_one(_number: int) -> int:
        try:
            return guess("127.0.0.1").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=4) as threads:
        statuses = list(threads.map(refuse_one, range(4)))

    assert statuses == [401] * 4
    assert AccessAttempt.objects.aggregate(counted=Sum("failures_since_start")) == {"counted": 4}
