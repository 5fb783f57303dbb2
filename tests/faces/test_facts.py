"""Which trusted record a report is judged by, and on which day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from rotation.contract import CredentialFacts, CredentialState, RotationReport
from rotation.records import NoCredential, find_credential
from rotation.service import decide
from tests.conftest import REPORT, MakeCredential
from tests.fakes import FakeProvider
from traces.codes import ErrorCode, Source
from traces.entries import Submission

ACTIVE, DISABLED, ROTATED = CredentialState.ACTIVE, CredentialState.DISABLED, CredentialState.ROTATED


def found(item: str | None = None) -> object:
    record = find_credential("acct_10234", item, datetime.now(UTC).date())
    return record.label if isinstance(record, CredentialFacts) else record.code


@pytest.mark.parametrize(
    ("records", "item", "expected"),
    [
        pytest.param([("old-key", ACTIVE, 40), ("new-key", DISABLED, 3)], None, "old-key", id="the active one"),
        pytest.param([("old-key", ROTATED, 40), ("new-key", DISABLED, 3)], None, "new-key", id="else the latest"),
        pytest.param([("new-key", DISABLED, 3), ("old-key", ROTATED, 40)], None, "new-key", id="in any order"),
        pytest.param([("a-key", ACTIVE, 1), ("b-key", ACTIVE, 2)], None, ErrorCode.CREDENTIAL_AMBIGUOUS, id="two"),
        pytest.param([("a-key", ACTIVE, 1), ("b-key", ACTIVE, 2)], "b-key", "b-key", id="the one that is named"),
        pytest.param([("a-key", ACTIVE, 1), ("b-key", DISABLED, 2)], "b-key", "b-key", id="named though disabled"),
        pytest.param([("a-key", ACTIVE, 1)], "b-key", ErrorCode.ACCOUNT_UNKNOWN, id="no such item"),
        pytest.param([], None, ErrorCode.ACCOUNT_UNKNOWN, id="no record"),
    ],
)
def test_the_record_that_is_meant_is_found(
    make_credential: MakeCredential,
    records: list[tuple[str, CredentialState, int]],
    item: str | None,
    expected: object,
) -> None:
    for label, state, age_days in records:
        make_credential(item=label, state=state, age_days=age_days)

    assert found(item) == expected


@dataclass
class Asked:
    """A finder of records that remembers for which day it was asked."""

    today: date | None = None

    def __call__(self, account_id: str, item: str | None, today: date) -> NoCredential:
        self.today = today
        return NoCredential(ErrorCode.ACCOUNT_UNKNOWN)


def test_the_day_is_that_of_the_clock_that_is_passed_in(db: None) -> None:
    asked = Asked()
    last_second = datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC)

    trace = decide(
        RotationReport(account_id="acct_10234", credential_report=REPORT),
        provider=FakeProvider(),
        find_credential=asked,
        submission=Submission(source=Source.API, submitter="open"),
        clock=lambda: last_second,
    )

    assert asked.today == date(2026, 2, 28)
    assert (trace.started_at, trace.finished_at) == (last_second, last_second)


def test_the_age_is_whole_days_from_issue(make_credential: MakeCredential) -> None:
    issued_on = make_credential(age_days=12).issued_on

    ages = [find_credential("acct_10234", None, issued_on + timedelta(days=days)) for days in (0, 30, 31)]

    assert [age.age_days for age in ages if isinstance(age, CredentialFacts)] == [0, 30, 31]
