"""Which trusted record a report is judged by, and on which day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from decisions.decide import decide
from decisions.workflow import Missing
from rotation.contract import CredentialFacts, CredentialState, RotationReport
from rotation.models import Credential
from rotation.records import find_credential
from rotation.workflow import ROTATION
from tests.conftest import REPORT, MakeCredential
from tests.fakes import FakeProvider
from traces.codes import ErrorCode, Source
from traces.entries import Submission

ACTIVE, DISABLED, ROTATED = CredentialState.ACTIVE, CredentialState.DISABLED, CredentialState.ROTATED


def find_label(item: str | None = None) -> object:
    record = find_credential("acct_10234", item, datetime.now(UTC).date())
    return record.label if isinstance(record, CredentialFacts) else record.code


RECORDS: dict[str, tuple[list[tuple[str, CredentialState, int]], str | None, object]] = {
    "the active one": ([("old-key", ACTIVE, 40), ("new-key", DISABLED, 3)], None, "old-key"),
    "else the latest": ([("old-key", ROTATED, 40), ("new-key", DISABLED, 3)], None, "new-key"),
    "in any order": ([("new-key", DISABLED, 3), ("old-key", ROTATED, 40)], None, "new-key"),
    "two": ([("a-key", ACTIVE, 1), ("b-key", ACTIVE, 2)], None, ErrorCode.CREDENTIAL_AMBIGUOUS),
    "the named one": ([("a-key", ACTIVE, 1), ("b-key", ACTIVE, 2)], "b-key", "b-key"),
    "named though disabled": ([("a-key", ACTIVE, 1), ("b-key", DISABLED, 2)], "b-key", "b-key"),
    "no such item": ([("a-key", ACTIVE, 1)], "b-key", ErrorCode.ACCOUNT_UNKNOWN),
    "no record": ([], None, ErrorCode.ACCOUNT_UNKNOWN),
}


def test_named_or_active_or_latest_record_is_found(make_credential: MakeCredential) -> None:
    labels = {}
    for name, (records, item, _) in RECORDS.items():
        Credential.objects.all().delete()
        for label, state, age_days in records:
            make_credential(item=label, state=state, age_days=age_days)
        labels[name] = find_label(item)

    assert labels == {name: expected for name, (*_, expected) in RECORDS.items()}


@dataclass
class FindNothing:
    """Finds no record and stores the day it was asked for."""

    today: date | None = None

    def __call__(self, today: date) -> Missing:
        self.today = today
        return Missing(ErrorCode.ACCOUNT_UNKNOWN)


def test_day_comes_from_the_given_clock(db: None) -> None:
    find_nothing = FindNothing()
    last_second = datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC)

    trace = decide(
        ROTATION,
        RotationReport(account_id="acct_10234", credential_report=REPORT),
        provider=FakeProvider(),
        find_facts=find_nothing,
        submission=Submission(source=Source.API, submitter="open"),
        clock=lambda: last_second,
    )

    assert find_nothing.today == date(2026, 2, 28)
    assert (trace.started_at, trace.finished_at) == (last_second, last_second)


def test_age_is_whole_days_since_issue(make_credential: MakeCredential) -> None:
    issued_on = make_credential(age_days=12).issued_on

    ages = [find_credential("acct_10234", None, issued_on + timedelta(days=days)) for days in (0, 30, 31)]

    assert [age.age_days for age in ages if isinstance(age, CredentialFacts)] == [0, 30, 31]
