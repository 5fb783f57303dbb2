"""Thousands of hostile answers against an oracle: none completes outside it, none is eligible against the record."""

import random
from collections import Counter
from itertools import product

import pytest
from django.db.models import Q

from rotation import service
from rotation.check import Supported, check_answer
from rotation.contract import ANSWER_SHAPES, CredentialFacts, CredentialKind, CredentialState, RotationReport
from rotation.policy import P7
from tests.conftest import REPORT
from tests.fakes import FakeProvider
from tests.torture.conftest import Promise, sized
from tests.torture.hostile_answers import hostile_answer
from tests.torture.oracle import Record, allowed
from traces.codes import Source
from traces.entries import Submission
from traces.models import TraceRecord

JUDGED = sized(12_000, 60_000)
DECIDED = sized(400, 5_000)
ASKED = RotationReport(account_id="acct_10234", credential_report=REPORT)
RECORDS = [
    Record(kind, state, age)
    for kind, state, age in product(
        ("service_account_key", "user_password"), ("active", "disabled", "rotated"), (-1, 0, 12, 30, 31, 400)
    )
]
LIKELY = [Record("service_account_key", "active", age) for age in (0, 12, 30, 31)]
UNPROVEN = Q(credential_age_days__gt=30) | Q(credential_age_days__lt=0) | ~Q(credential_state="active")


def facts_of(record: Record) -> CredentialFacts:
    kind, state = CredentialKind(record.kind), CredentialState(record.state)
    return CredentialFacts(label="invoice-sync", kind=kind, state=state, age_days=record.age_days)


def attack(dice: random.Random, version: int) -> tuple[str, Record, str | None]:
    record = dice.choice(RECORDS + LIKELY * 9)
    answer = hostile_answer(dice, version=version)
    return answer, record, allowed(answer, record, report=REPORT, version=version)


@pytest.mark.parametrize("version", [1, 2])
def test_the_check_completes_what_the_oracle_allows_and_nothing_else(version: int, promise: Promise) -> None:
    dice, ends, outside = random.Random(version), Counter[str](), []  # noqa: S311 - the same answers in every run
    shape = ANSWER_SHAPES[f"rotation_decision@{version}"]
    for _ in range(JUDGED):
        answer, record, expected = attack(dice, version)
        verdict = check_answer(answer, ASKED, facts_of(record), P7, shape=shape)
        decided = str(verdict.decision) if isinstance(verdict, Supported) else None
        ends[decided or "refused"] += 1
        outside += [] if decided == expected else [(answer, record, decided, expected)]

    told = ", ".join(f"{end} {count:,}" for end, count in sorted(ends.items()))
    promise(1, f"oracle: {JUDGED:,} hostile answers @{version} ({told}): outside the oracle {len(outside)}")
    assert outside == []
    assert len(ends) == 4
    assert min(ends.values()) > JUDGED / 200


@pytest.mark.django_db
def test_no_stored_decision_stands_outside_the_oracle_or_against_the_record(promise: Promise) -> None:
    dice, outside = random.Random(7), 0  # noqa: S311 - the same answers in every run
    for number in range(DECIDED):
        answer, record, expected = attack(dice, 1 + number % 2)
        provider = FakeProvider(answer, prompt_version=f"rotation_decision@{1 + number % 2}")
        row = service.decide(
            ASKED,
            provider=provider,
            find_credential=lambda *_, record=record: facts_of(record),
            submission=Submission(source=Source.API, submitter="open"),
        )
        outside += (row.decision, row.status) != (expected, "completed" if expected else "failed")

    eligible = TraceRecord.objects.filter(decision="eligible")
    against = eligible.filter(UNPROVEN | ~Q(credential_kind="service_account_key")).count()
    promise(
        1,
        f"rows: {DECIDED:,} hostile answers through the service, {eligible.count():,} eligible: "
        f"outside the oracle {outside}, against the record {against}",
    )
    assert (outside, against) == (0, 0)
    assert eligible.exists()
