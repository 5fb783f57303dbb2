"""One submission key of one submitter makes one row, however often it is sent."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from tests.ledger.rows import COMPLETED, FAILED, NOW, RUNNING_ROW, closed_row, insert, open_row, stored
from traces.codes import Status
from traces.entries import Ending
from traces.models import AlreadySubmitted, TraceRecord, allowance

pytestmark = pytest.mark.django_db

KEY = "key-of-a-submission"


def test_a_key_sent_twice_makes_one_row() -> None:
    first = open_row(submission_key=KEY)
    before = stored(first)

    with pytest.raises(AlreadySubmitted) as repeated:
        open_row(submission_key=KEY, account_id="acct_99999")

    assert repeated.value.earlier == first
    assert TraceRecord.objects.values().get() == before


@pytest.mark.parametrize("ending", [COMPLETED, FAILED], ids=["completed", "failed"])
def test_a_repeated_key_carries_the_earlier_row_as_it_ended(ending: Ending) -> None:
    first = closed_row(ending, submission_key=KEY)

    with pytest.raises(AlreadySubmitted) as repeated:
        open_row(submission_key=KEY, at=NOW + timedelta(days=1))

    assert stored(repeated.value.earlier) == stored(first)
    assert (repeated.value.earlier.status, repeated.value.earlier.decision) == (first.status, first.decision)


def test_a_repeated_key_tells_no_text() -> None:
    open_row(submission_key=KEY)

    with pytest.raises(AlreadySubmitted) as repeated:
        open_row(submission_key=KEY)

    assert str(repeated.value) == ""
    assert repeated.value.__suppress_context__


def test_a_young_earlier_row_stays_running() -> None:
    first = open_row(submission_key=KEY)

    with pytest.raises(AlreadySubmitted) as repeated:
        open_row(submission_key=KEY, at=NOW + allowance())

    assert repeated.value.earlier.status == stored(first)["status"] == Status.RUNNING


def test_an_overdue_earlier_row_is_closed_when_it_is_met() -> None:
    first = open_row(submission_key=KEY)

    with pytest.raises(AlreadySubmitted) as repeated:
        open_row(submission_key=KEY, at=NOW + allowance() + timedelta(milliseconds=1))

    assert repeated.value.earlier.error_code == stored(first)["error_code"] == "interrupted"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param({"submission_key": None}, {"submission_key": None}, id="no keys"),
        pytest.param({"submission_key": KEY}, {"submission_key": None}, id="a key and none"),
        pytest.param({"submission_key": KEY}, {"submission_key": KEY + "2"}, id="another key"),
        pytest.param({"submission_key": KEY}, {"submission_key": KEY.upper()}, id="the key in capitals"),
        pytest.param({"submission_key": KEY}, {"submission_key": KEY, "submitter": "open"}, id="another submitter"),
    ],
)
def test_other_submissions_do_not_collide(first: dict[str, Any], second: dict[str, Any]) -> None:
    traces = {open_row(**first).pk, open_row(**second).pk}

    assert TraceRecord.objects.filter(pk__in=traces).count() == 2


def test_the_database_refuses_a_second_row_of_one_key() -> None:
    insert(RUNNING_ROW | {"submission_key": KEY})

    with pytest.raises(IntegrityError), transaction.atomic():
        insert(RUNNING_ROW | {"submission_key": KEY})

    assert TraceRecord.objects.count() == 1


@pytest.mark.parametrize("key", [None, KEY], ids=["without a key", "with a key that no row holds"])
def test_a_refusal_for_another_cause_is_not_taken_for_a_repetition(key: str | None) -> None:
    def refuse_inserts(execute: Callable[..., Any], sql: str, *more: Any) -> object:
        if sql.startswith("INSERT"):
            raise IntegrityError
        return execute(sql, *more)

    open_row(submission_key=None)

    with connection.execute_wrapper(refuse_inserts), pytest.raises(IntegrityError):
        open_row(submission_key=key)
