"""How many decisions may be asked for: what counts, what does not, and when to come back."""

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
from evals.runner import SUBMISSION
from rotation import service
from rotation.contract import RotationReport
from rotation.records import find_credential
from tests.conftest import REPORT, Decide, report
from tests.faces.conftest import BROWSER, faults, hidden, problem
from tests.fakes import FakeProvider
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

    answers = [decide() for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert problem(answers[2], 429)["type"] == "urn:problem-type:too-many-decisions"
    assert window - 5 <= int(answers[2]["Retry-After"]) <= window
    assert (len(provider.calls), TraceRecord.objects.count()) == (2, 2)


@each_limit
def test_the_window_slides(decide: Decide, settings: Settings, name: str, window: int) -> None:
    setattr(settings, name, 2)
    asked(seconds_ago=window + 1)
    asked(seconds_ago=window - 30)

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
    told = int(decide()["Retry-After"])

    TraceRecord.objects.all().delete()
    asked(seconds_ago=20 + told)

    assert decide().status_code == 200


def test_a_wait_under_a_second_is_rounded_up_to_one(decide: Decide, settings: Settings) -> None:
    settings.SUBMITTER_DECISIONS_PER_MINUTE = 1
    asked(seconds_ago=59.5)

    answer = decide()

    assert answer["Retry-After"] == "1"
    assert problem(answer, 429)["detail"].endswith("Come back in a second.")


def test_retry_after_is_the_longest_wait_of_all_limits(decide: Decide, settings: Settings) -> None:
    settings.SUBMITTER_DECISIONS_PER_MINUTE = settings.DECISIONS_PER_DAY = 1
    asked(seconds_ago=30)

    answer = decide()

    assert int(answer["Retry-After"]) > 86_000
    assert problem(answer, 429)["detail"] == "The service makes no more decisions for now. Come back in 24 hours."


@pytest.mark.parametrize("name", [name for name in WINDOWS if name not in TOTALS])
def test_each_submitter_has_a_limit_of_their_own(settings: Settings, name: str) -> None:
    setattr(settings, name, 1)
    ada, bob = Client(), Client()
    ada.force_login(User.objects.create_user("ada"))
    bob.force_login(User.objects.create_user("bob"))

    posts = [each.post("/rotation/decide", report(), content_type="application/json") for each in (ada, bob, ada)]

    assert [post.status_code for post in posts] == [200, 200, 429]


@pytest.mark.parametrize("name", TOTALS)
def test_all_submitters_use_up_the_total(decide: Decide, settings: Settings, name: str) -> None:
    setattr(settings, name, 2)
    asked(seconds_ago=10, submitter="user:7")
    asked(seconds_ago=10, submitter="token:3")

    assert decide().status_code == 429


def test_evals_are_neither_counted_nor_limited(decide: Decide, provider: FakeProvider, settings: Settings) -> None:
    for name in WINDOWS:
        setattr(settings, name, 2)
    for _ in range(3):
        service.decide(
            RotationReport(**report()), provider=provider, find_credential=find_credential, submission=SUBMISSION
        )

    assert [decide().status_code for _ in range(3)] == [200, 200, 429]
    assert TraceRecord.objects.filter(source=Source.EVAL).count() == 3


def test_a_repeated_submission_costs_nothing_and_is_never_refused(
    decide: Decide, provider: FakeProvider, settings: Settings
) -> None:
    settings.SUBMITTER_DECISIONS_PER_MINUTE = 1
    first = decide(None, **KEY)

    assert decide().status_code == 429
    assert decide(None, **KEY).json() == first.json()
    assert faults(decide(report("acct_20468"), **KEY)) == [("Idempotency-Key", "key_reused")]
    assert len(provider.calls) == 1


def test_a_refused_submission_may_be_sent_again_under_its_key(decide: Decide, settings: Settings) -> None:
    settings.SUBMITTER_DECISIONS_PER_MINUTE = 1
    asked(seconds_ago=10)
    refused = decide(None, **KEY)
    TraceRecord.objects.all().delete()

    assert (refused.status_code, decide(None, **KEY).status_code) == (429, 200)


def test_a_request_refused_for_another_reason_is_not_counted(decide: Decide, settings: Settings) -> None:
    settings.SUBMITTER_DECISIONS_PER_MINUTE = 1

    assert [decide(report("wrong")).status_code for _ in range(3)] == [422] * 3
    assert decide().status_code == 200


@each_limit
def test_rows_from_the_future_do_not_count(decide: Decide, settings: Settings, name: str, window: int) -> None:
    setattr(settings, name, 1)
    asked(seconds_ago=-3600 * 24 * 365)
    asked(seconds_ago=-CLOCK_SKEW.total_seconds() - 5)

    assert [decide().status_code for _ in range(2)] == [200, 429]


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


@pytest.mark.parametrize(
    ("seconds_ago", "told"),
    [(86_398.5, "2 seconds"), (86_341, "59 seconds"), (86_220.5, "3 minutes"), (79_260.5, "2 hours")],
    ids=str,
)
def test_the_wait_is_shown_in_seconds_minutes_or_hours(
    decide: Decide, settings: Settings, seconds_ago: float, told: str
) -> None:
    settings.SUBMITTER_DECISIONS_PER_DAY = 1
    asked(seconds_ago=seconds_ago)

    assert problem(decide(), 429)["detail"].endswith(f"Come back in {told}.")


@pytest.mark.parametrize("limits", [(), *((name,) for name in WINDOWS), tuple(WINDOWS)], ids="+".join)
def test_a_limit_is_one_query_more_and_none_is_none(
    decide: Decide, settings: Settings, limits: tuple[str, ...]
) -> None:
    for name in limits:
        setattr(settings, name, 100)

    with CaptureQueriesContext(connection) as queries:
        decide()

    on_ledger = [query["sql"] for query in queries if TraceRecord._meta.db_table in query["sql"]]
    assert [sql.split()[0] for sql in on_ledger] == ["SELECT"] * len(limits) + ["INSERT", "UPDATE"]
    locks = [query["sql"] for query in queries if "advisory" in query["sql"]]
    assert len(locks) == (1 if limits and connection.vendor == "postgresql" else 0)


def test_each_limit_is_counted_by_an_index(decide: Decide) -> None:
    fill_ledger(until=timezone.now())

    for name in WINDOWS:
        with override_settings(**{name: 3}), CaptureQueriesContext(connection) as queries:
            decide()
        [counted] = [query["sql"] for query in queries if "OFFSET" in query["sql"]]
        plan = explain(counted)
        index = "traces_latest" if name in TOTALS else "traces_submitter_latest"
        assert is_walk(plan, index), (name, plan)
