"""Which trusted record a report is judged by, and on which day."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.utils import timezone
from pytest_django import Settings

from decisions.decide import decide as judge
from decisions.stored import validated
from decisions.workflow import Missing
from rotation.contract import UNKNOWN_DAY, CredentialFacts, CredentialState, RotationReport
from rotation.models import Credential
from rotation.records import find_credential
from rotation.workflow import ROTATION
from tests.conftest import REPORT, Decide, MakeCredential
from tests.fakes import FakeProvider, answer
from traces.codes import ErrorCode, Source
from traces.entries import Submission
from traces.models import TraceRecord

ACTIVE, DISABLED, ROTATED = CredentialState.ACTIVE, CredentialState.DISABLED, CredentialState.ROTATED


def find_label(item: str | None = None) -> object:
    record = find_credential("acct_10234", item, timezone.now())
    return record.label if isinstance(record, CredentialFacts) else record.code


RECORDS: dict[str, tuple[list[tuple[str, CredentialState, int]], str | None, object]] = {
    "the active one": ([("old-key", ACTIVE, 40), ("new-key", DISABLED, 3)], None, "old-key"),
    "else the latest": ([("old-key", ROTATED, 40), ("new-key", DISABLED, 3)], None, "new-key"),
    "in any order": ([("new-key", DISABLED, 3), ("old-key", ROTATED, 40)], None, "new-key"),
    "two": ([("a-key", ACTIVE, 1), ("b-key", ACTIVE, 2)], None, ErrorCode.CREDENTIAL_AMBIGUOUS),
    "the named one": ([("a-key", ACTIVE, 1), ("b-key", ACTIVE, 2)], "b-key", "b-key"),
    "named though disabled": ([("a-key", ACTIVE, 1), ("b-key", DISABLED, 2)], "b-key", "b-key"),
    "in any case": ([("a-key", ACTIVE, 1), ("B-key", ACTIVE, 2)], "b-KEY", "B-key"),
    "of two cases the exact one": ([("b-key", ACTIVE, 1), ("B-key", ACTIVE, 2)], "B-key", "B-key"),
    "of two cases neither": ([("b-key", ACTIVE, 1), ("B-key", ACTIVE, 2)], "B-KEY", ErrorCode.ACCOUNT_UNKNOWN),
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


def test_an_unknown_issue_day_is_an_unknown_age_and_comes_last(make_credential: MakeCredential) -> None:
    unknown = {"issued_on": UNKNOWN_DAY, "issued_on_known": False}
    make_credential(item="a-key", state=DISABLED)
    make_credential(item="b-key", state=DISABLED, age_days=4_000)
    Credential.objects.filter(item="a-key").update(**unknown)

    assert find_label() == "b-key"
    found = find_credential("acct_10234", "a-key", timezone.now())
    assert isinstance(found, CredentialFacts)
    assert found.age_days is None


def test_the_age_of_the_record_is_whole_hours_since_it_was_observed(credential: Credential) -> None:
    ages = {}
    for minutes in (-1, 0, 59, 60, 10_139, 10_140):
        at = credential.observed_at + timedelta(minutes=minutes)
        found = find_credential("acct_10234", None, at, fresh_hours=168)
        assert isinstance(found, CredentialFacts)
        ages[minutes] = (found.record_age_hours, found.fresh_hours)

    assert ages == {
        minutes: (hours, 168) for minutes, hours in {-1: -1, 0: 0, 59: 0, 60: 1, 10_139: 168, 10_140: 169}.items()
    }


def test_a_decision_stores_the_age_of_its_record_and_the_bound(
    decide: Decide, provider: FakeProvider, credential: Credential, settings: Settings
) -> None:
    answers = []
    for bound in (None, 168, 4):
        settings.RECORD_FRESH_HOURS = bound
        Credential.objects.update(observed_at=timezone.now() - timedelta(hours=5))
        answers.append(asked(decide))

    assert answers == [("eligible", None, 5, None), ("eligible", None, 5, 168), (None, "record_stale", 5, 4)]


def test_an_unknown_age_is_stored_as_unknown_and_for_0_2_0_as_out_of_every_window(
    decide: Decide, provider: FakeProvider, credential: Credential
) -> None:
    Credential.objects.update(issued_on=UNKNOWN_DAY, issued_on_known=False)
    provider.says = answer("needs_review")

    assert asked(decide)[:2] == ("needs_review", None)
    provider.says = answer()
    assert asked(decide)[:2] == (None, "age_unknown")

    days = (timezone.now().date() - UNKNOWN_DAY).days
    for row in TraceRecord.objects.all():
        assert (validated(CredentialFacts, row.facts).age_days, row.credential_age_days) == (None, days)


def asked(decide: Decide) -> tuple[object, ...]:
    row = TraceRecord.objects.get(trace_id=decide().json()["trace_id"])
    facts = validated(CredentialFacts, row.facts)
    return row.decision, row.error_reason, facts.record_age_hours, facts.fresh_hours


@dataclass
class FindNothing:
    """Finds no record and stores the time it was asked at."""

    asked_at: datetime | None = None

    def __call__(self, now: datetime) -> Missing:
        self.asked_at = now
        return Missing(ErrorCode.ACCOUNT_UNKNOWN)


def test_time_comes_from_the_given_clock(db: None) -> None:
    find_nothing = FindNothing()
    last_second = datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC)

    trace = judge(
        ROTATION,
        RotationReport(account_id="acct_10234", credential_report=REPORT),
        provider=FakeProvider(),
        find_facts=find_nothing,
        submission=Submission(source=Source.API, submitter="open"),
        clock=lambda: last_second,
    )

    assert find_nothing.asked_at == last_second
    assert (trace.started_at, trace.finished_at) == (last_second, last_second)


def test_age_is_whole_days_since_issue(make_credential: MakeCredential) -> None:
    midnight = datetime.combine(make_credential(age_days=12).issued_on, time.min, UTC)

    ages = [find_credential("acct_10234", None, midnight + timedelta(days=days, hours=23)) for days in (0, 30, 31)]

    assert [age.age_days for age in ages if isinstance(age, CredentialFacts)] == [0, 30, 31]
