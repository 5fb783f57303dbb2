"""Judge thousands of hostile answers beside an oracle: only those that oracle and record allow complete."""

import random
from collections import Counter
from itertools import product

import pytest
from django.db.models import Q

from decisions.decide import FindFacts, decide
from rotation.check import Supported, check_answer
from rotation.contract import CredentialFacts, CredentialKind, CredentialState, RotationReport
from rotation.policy import P7
from rotation.prompt import PROMPTS
from rotation.workflow import ROTATION
from tests.fakes import FakeProvider
from tests.torture.conftest import Promise, sized
from tests.torture.hostile_answers import REPORT, hostile_answer
from tests.torture.oracle import Record, allowed_decision
from traces.codes import Source
from traces.entries import Submission
from traces.models import TraceRecord

CHECKED = sized(8_000, 60_000)
STORED = sized(400, 5_000)
ROTATION_REPORT = RotationReport(account_id="acct_10234", credential_report=REPORT)
RECORDS = [
    Record(kind, state, age)
    for kind, state, age in product(
        ("service_account_key", "user_password"), ("active", "disabled", "rotated"), (None, -1, 0, 12, 30, 31, 400)
    )
]
IN_DOUBT = [Record("service_account_key", "active", 12, hours, 168) for hours in (-1, 0, 1, 168, 169)]
PROVEN_OR_NEARLY = [*IN_DOUBT, *(Record("service_account_key", "active", age) for age in (None, 0, 12, 30, 31))]
UNPROVEN = Q(credential_age_days__gt=30) | Q(credential_age_days__lt=0) | ~Q(credential_state="active")


def facts_of(record: Record) -> CredentialFacts:
    kind, state = CredentialKind(record.kind), CredentialState(record.state)
    return CredentialFacts(
        label="invoice-sync",
        kind=kind,
        state=state,
        age_days=record.age_days,
        record_age_hours=record.hours_since_observed,
        fresh_hours=record.bound,
    )


def always_find(facts: CredentialFacts) -> FindFacts:
    return lambda _now: facts


def draw_case(rng: random.Random, version: int) -> tuple[str, Record, str | None]:
    record = rng.choice(RECORDS + PROVEN_OR_NEARLY * 16)
    answer = hostile_answer(rng, version=version)
    return answer, record, allowed_decision(answer, record, report=REPORT, version=version)


@pytest.mark.any_database
@pytest.mark.parametrize("version", [1, 2])
def test_check_agrees_with_the_oracle(version: int, promise: Promise) -> None:
    rng, outcomes, outside = random.Random(version), Counter[str](), []  # noqa: S311 - the same answers in every run
    shape = PROMPTS[f"rotation_decision@{version}"].answer
    for _ in range(CHECKED):
        answer, record, expected = draw_case(rng, version)
        verdict, _closed = check_answer(answer, ROTATION_REPORT, facts_of(record), P7, shape=shape)
        decided = str(verdict.decision) if isinstance(verdict, Supported) else None
        outcomes[decided or "refused"] += 1
        outside += [] if decided == expected else [(answer, record, decided, expected)]

    counts = ", ".join(f"{outcome} {count:,}" for outcome, count in sorted(outcomes.items()))
    promise(1, f"oracle: {CHECKED:,} hostile answers @{version} ({counts}): outside the oracle {len(outside)}")
    assert outside == []
    assert len(outcomes) == 4
    assert min(outcomes.values()) > CHECKED / 200


@pytest.mark.django_db
def test_stored_decisions_agree_with_oracle_and_record(promise: Promise) -> None:
    rng, outside = random.Random(7), 0  # noqa: S311 - the same answers in every run
    for number in range(STORED):
        answer, record, expected = draw_case(rng, 1 + number % 2)
        provider = FakeProvider(answer, prompt_version=f"rotation_decision@{1 + number % 2}")
        row = decide(
            ROTATION,
            ROTATION_REPORT,
            provider=provider,
            find_facts=always_find(facts_of(record)),
            submission=Submission(source=Source.API, submitter="open"),
        )
        outside += (row.decision, row.status) != (expected, "completed" if expected else "failed")

    eligible = TraceRecord.objects.filter(decision="eligible")
    against = eligible.filter(UNPROVEN | ~Q(credential_kind="service_account_key")).count()
    promise(
        1,
        f"rows: {STORED:,} hostile answers through the service, {eligible.count():,} eligible: "
        f"outside the oracle {outside}, against the record {against}",
    )
    assert (outside, against) == (0, 0)
    assert eligible.exists()
