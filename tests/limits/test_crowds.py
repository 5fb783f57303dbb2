"""Many requests at the same instant, each in a thread with a database connection of its own."""

from collections import Counter
from threading import Semaphore

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from access import limits
from tests.conftest import Response, report
from tests.crowds import all_at_once
from tests.fakes import FakeProvider
from tests.interfaces.conftest import BROWSER, hidden
from tests.ledger.rows import in_another_connection
from tests.limits.conftest import asked
from tests.limits.test_limits import WINDOWS
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db(transaction=True)

TWINS = 50
CROWD, LIMIT = 24, 7


def ask(client: Client, **headers: str) -> Response:
    return client.post("/rotation/decide", report(), content_type="application/json", headers=headers)


@pytest.mark.parametrize("slow", [False, True], ids=["answered at once", "answered last"])
def test_one_of_fifty_equal_submissions_at_once_is_decided_and_none_meets_the_limit(
    provider: FakeProvider, settings: Settings, *, slow: bool
) -> None:
    """The slow provider answers after all other submissions."""
    settings.SUBMITTER_DECISIONS_PER_MINUTE = 1
    answered = Semaphore(0)
    if slow:
        provider.meanwhile = lambda: [answered.acquire(timeout=30) for _ in range(TWINS - 1)]

    def submit(thread: int) -> Response:
        answer = ask(Client(), **{"Idempotency-Key": "order-0001"})
        answered.release()
        return answer

    answers = all_at_once(submit, threads=TWINS)

    (row,) = TraceRecord.objects.all()
    decided = [answer.json()["trace_id"] for answer in answers if answer.status_code == 200]
    running = [answer["Location"] for answer in answers if answer.status_code == 409]
    assert len(provider.calls) == 1
    assert len(decided) + len(running) == TWINS
    assert set(decided) == {row.trace_id}
    assert set(running) <= {f"/rotation/{row.trace_id}"}
    assert not slow or len(decided) == 1


def test_one_of_fifty_equal_forms_at_once_is_decided_and_all_redirect_to_it(provider: FakeProvider) -> None:
    browser = Client(headers={"Accept": BROWSER})
    form = {**report(), "submission_key": hidden(browser.get("/"), "submission_key")}

    def submit(thread: int) -> Response:
        twin = Client(headers={"Accept": BROWSER})
        twin.cookies = browser.cookies
        return twin.post("/", form)

    answers = all_at_once(submit, threads=TWINS)

    (row,) = TraceRecord.objects.all()
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(303, f"/rotation/{row.trace_id}")}
    assert len(provider.calls) == 1


@pytest.mark.parametrize("name", WINDOWS)
def test_a_crowd_is_admitted_up_to_the_limit(provider: FakeProvider, settings: Settings, name: str) -> None:
    setattr(settings, name, LIMIT)
    asked(seconds_ago=5)

    answers = all_at_once(lambda _: [ask(Client()).status_code for _ in range(2)], threads=CROWD)

    counted = Counter(status for each in answers for status in each)
    assert counted == {200: LIMIT - 1, 429: 2 * CROWD - LIMIT + 1}
    assert TraceRecord.objects.count() == LIMIT
    assert len(provider.calls) == LIMIT - 1


@pytest.mark.parametrize("total", [None, 2 * LIMIT], ids=["own limits", "own limits and a total"])
def test_three_crowds_at_once_have_limits_of_their_own(
    provider: FakeProvider, settings: Settings, total: int | None
) -> None:
    settings.SUBMITTER_DECISIONS_PER_MINUTE, settings.DECISIONS_PER_DAY = LIMIT, total
    members = [Client() for _ in range(3)]
    for client, name in zip(members, ("ada", "bob", "eve"), strict=True):
        client.force_login(User.objects.create_user(name))

    def submit(thread: int) -> int:
        client = Client()
        client.cookies = members[thread % 3].cookies
        return ask(client).status_code

    statuses = Counter(all_at_once(submit, threads=2 * CROWD))

    rows = Counter(TraceRecord.objects.values_list("submitter", flat=True))
    assert statuses[200] == len(provider.calls) == rows.total() == (total or 3 * LIMIT)
    assert statuses[200] + statuses[429] == 2 * CROWD
    assert max(rows.values()) <= LIMIT


def test_a_lock_that_is_never_released_ends_in_a_refusal(
    provider: FakeProvider, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite's own lock, and how long it is waited for, is the same for every write")
    settings.DECISIONS_PER_DAY = LIMIT
    monkeypatch.setattr(limits, "LONGEST_WAIT", "100ms")

    with transaction.atomic():
        hold = limits.limits_of("user:7")
        assert hold
        hold(timezone.now())
        refused = in_another_connection(lambda: ask(Client()))

    assert (refused.status_code, refused["Retry-After"]) == (503, "5")
    assert ask(Client()).status_code == 200
    assert (TraceRecord.objects.count(), len(provider.calls)) == (1, 1)
