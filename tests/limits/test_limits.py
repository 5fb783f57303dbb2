"""The limits on decisions: what counts, what does not, and when to come back."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone
from pytest_django import Settings

from access.limits import CLOCK_SKEW, limits_of
from access.refusals import Refusal
from decisions.decide import decide as run_decision
from evals.runner import SUBMISSION
from rotation.contract import RotationReport
from rotation.workflow import ROTATION
from tests.conftest import REPORT, Decide, report
from tests.fakes import FakeProvider, any_record
from tests.interfaces.conftest import BROWSER, faults, hidden, problem
from tests.ledger.plans import explain, fill_ledger, is_walk
from tests.ledger.rows import opening
from tests.limits.conftest import asked
from traces.codes import Source
from traces.models import TraceRecord

WINDOWS = {
    "SUBMITTER_DECISIONS_PER_MINUTE": 60,
    "SUBMITTER_DECISIONS_PER_DAY": 86_400,
    "DECISIONS_PER_MINUTE": 60,
    "DECISIONS_PER_DAY": 86_400,
}
TOTALS = ("DECISIONS_PER_MINUTE", "DECISIONS_PER_DAY")
KEY = {"Idempotency-Key": "order-0001"}
each_limit = pytest.mark.parametrize(("name", "window"), WINDOWS.items(), ids=WINDOWS)


@each_limit
def test_past_a_limit_nothing_is_asked_and_no_row_is_written(
    decide: Decide, provider: FakeProvider, settings: Settings, name: str, window: int
) -> None:
    setattr(settings, name, 2)

    *admitted, refused = (decide() for _ in range(3))

    assert [answer.status_code for answer in admitted] == [200, 200]
    assert problem(refused, 429)["type"] == "urn:problem-type:too-many-decisions"
    assert window - 5 <= int(refused["Retry-After"]) <= window
    assert (len(provider.calls), TraceRecord.objects.count()) == (2, 2)


@each_limit
def test_rows_outside_the_window_and_in_the_future_do_not_count(
    decide: Decide, settings: Settings, name: str, window: int
) -> None:
    setattr(settings, name, 2)
    asked(seconds_ago=window + 1)
    asked(seconds_ago=window - 30)
    asked(seconds_ago=-3600 * 24 * 365)
    asked(seconds_ago=-CLOCK_SKEW.total_seconds() - 5)

    assert [decide().status_code for _ in range(2)] == [200, 429]


@each_limit
def test_a_request_that_waited_for_the_lock_is_counted_by_its_start(settings: Settings, name: str, window: int) -> None:
    setattr(settings, name, 1)
    asked(seconds_ago=window + 1)
    admit, two_seconds_ago = limits_of("open"), timezone.now() - timedelta(seconds=2)

    with pytest.raises(Refusal):
        TraceRecord.objects.open(opening(), at=two_seconds_ago, admit=admit)


@each_limit
def test_retry_after_is_when_the_blocking_row_leaves_the_window(
    decide: Decide, settings: Settings, name: str, window: int
) -> None:
    setattr(settings, name, 2)
    for seconds_ago in (window - 5, window - 20, window - 40):
        asked(seconds_ago=seconds_ago)

    # Two rows have to leave before one of two places is free.
    assert int(decide()["Retry-After"]) in {19, 20}


def test_a_request_after_retry_after_is_admitted(decide: Decide, settings: Settings) -> None:
    settings.SUBMITTER_DECISIONS_PER_MINUTE = 1
    asked(seconds_ago=20)
    wait = int(decide()["Retry-After"])

    TraceRecord.objects.all().delete()
    asked(seconds_ago=20 + wait)

    assert decide().status_code == 200


def test_retry_after_is_the_longest_wait_of_all_limits(decide: Decide, settings: Settings) -> None:
    settings.SUBMITTER_DECISIONS_PER_MINUTE = settings.DECISIONS_PER_DAY = 1
    asked(seconds_ago=30)

    answer = decide()

    assert int(answer["Retry-After"]) > 86_000
    assert problem(answer, 429)["detail"] == "The service makes no more decisions for now. Come back in 24 hours."


@each_limit
def test_submitters_share_a_total_and_have_limits_of_their_own(settings: Settings, name: str, window: int) -> None:
    setattr(settings, name, 1)
    ada, bob = Client(), Client()
    ada.force_login(User.objects.create_user("ada"))
    bob.force_login(User.objects.create_user("bob"))

    posts = [each.post("/rotation/decide", report(), content_type="application/json") for each in (ada, bob, ada)]

    assert [post.status_code for post in posts] == [200, 429 if name in TOTALS else 200, 429]


def test_evals_are_neither_counted_nor_limited(decide: Decide, provider: FakeProvider, settings: Settings) -> None:
    for name in WINDOWS:
        setattr(settings, name, 2)
    for _ in range(3):
        asked = RotationReport(**report())
        run_decision(ROTATION, asked, provider=provider, find_facts=any_record(asked), submission=SUBMISSION)

    assert [decide().status_code for _ in range(3)] == [200, 200, 429]
    assert TraceRecord.objects.filter(source=Source.EVAL).count() == 3


def test_a_repeated_submission_costs_nothing_and_is_never_refused(
    decide: Decide, provider: FakeProvider, settings: Settings
) -> None:
    settings.SUBMITTER_DECISIONS_PER_MINUTE = 1
    first = decide(None, **KEY)
    other = {"Idempotency-Key": "order-0002"}

    assert decide(None, **other).status_code == 429
    assert decide(None, **KEY).json() == first.json()
    assert faults(decide(report("acct_20468"), **KEY)) == [("Idempotency-Key", "key_reused")]
    assert len(provider.calls) == 1
    TraceRecord.objects.all().delete()
    assert decide(None, **other).status_code == 200


def test_a_request_refused_for_another_reason_is_not_counted(decide: Decide, settings: Settings) -> None:
    settings.SUBMITTER_DECISIONS_PER_MINUTE = 1

    assert [decide(report("wrong")).status_code for _ in range(3)] == [422] * 3
    assert decide().status_code == 200


def test_rows_within_the_clock_skew_count(decide: Decide, settings: Settings) -> None:
    settings.DECISIONS_PER_MINUTE = 1
    asked(seconds_ago=-2)

    answer = decide()

    assert (answer.status_code, 60 < int(answer["Retry-After"]) <= 62) == (429, True)


def test_the_page_keeps_the_text_and_says_when_to_come_back(settings: Settings) -> None:
    settings.SUBMITTER_DECISIONS_PER_DAY = 1
    browser = Client(headers={"Accept": BROWSER})
    form = {**report(), "submission_key": hidden(browser.get("/"), "submission_key")}
    browser.post("/", form)

    page = browser.post("/", form | {"submission_key": "another-key-of-this-form"})

    assert (page.status_code, int(page["Retry-After"]) > 86_000) == (429, True)
    assert "You have asked for as many decisions as you may for now. Come back in 24 hours." in page.text
    assert REPORT in page.text
    assert hidden(page, "submission_key") == "another-key-of-this-form"


def test_the_wait_is_shown_in_seconds_minutes_or_hours(decide: Decide, settings: Settings) -> None:
    settings.SUBMITTER_DECISIONS_PER_DAY = 1

    for seconds_ago, wait in (
        (86_399.5, "a second"),
        (86_398.5, "2 seconds"),
        (86_341, "59 seconds"),
        (86_220.5, "3 minutes"),
        (79_260.5, "2 hours"),
    ):
        TraceRecord.objects.all().delete()
        asked(seconds_ago=seconds_ago)
        answer = decide()
        assert problem(answer, 429)["detail"].endswith(f"Come back in {wait}."), answer["Retry-After"]
        assert wait != "a second" or answer["Retry-After"] == "1"


def test_each_limit_adds_one_query(decide: Decide, settings: Settings) -> None:
    for limits in ((), *((name,) for name in WINDOWS), tuple(WINDOWS)):
        for name in WINDOWS:
            setattr(settings, name, 100 if name in limits else None)
        with CaptureQueriesContext(connection) as queries:
            decide()
        statements = [query["sql"] for query in queries]
        on_ledger = [sql.split()[0] for sql in statements if TraceRecord._meta.db_table in sql]
        assert on_ledger == ["SELECT"] * len(limits) + ["INSERT", "UPDATE"], limits
        locks = sum("advisory" in sql for sql in statements)
        assert locks == bool(limits and connection.vendor == "postgresql"), limits


def test_each_limit_is_counted_by_an_index(decide: Decide) -> None:
    fill_ledger(until=timezone.now())

    for name in WINDOWS:
        with override_settings(**{name: 3}), CaptureQueriesContext(connection) as queries:
            decide()
        [counted] = [query["sql"] for query in queries if "OFFSET" in query["sql"]]
        plan = explain(counted)
        index = "traces_latest" if name in TOTALS else "traces_submitter_latest"
        assert is_walk(plan, index), (name, plan)
