"""Clocks that jump while a decision is made: the row ends, with times that the database takes and no age below zero."""

import random
from datetime import UTC, datetime, timedelta
from itertools import chain, product, repeat

import pytest

from rotation import service
from rotation.contract import RotationReport
from rotation.models import Credential
from rotation.records import find_credential
from tests.conftest import REPORT
from tests.fakes import FakeProvider
from tests.ledger.rows import open_row
from tests.torture.conftest import Promise, sized
from traces.codes import Source
from traces.entries import Submission
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
JUMPS = [timedelta(**{unit: size}) for unit in ("milliseconds", "hours", "days") for size in (-9_000, -1, 0, 1, 9_000)]
ASKED = RotationReport(account_id="acct_10234", credential_report=REPORT)


def test_a_clock_that_jumps_leaves_rows_that_end(credential: Credential, promise: Promise) -> None:
    # It is read before the retry is looked up, for the credential's age, at the opening and at the close.
    every = list(product(JUMPS, repeat=4))
    courses = random.Random(1).sample(every, sized(250, 5_000))  # noqa: S311 - no secret
    wrong = 0
    for course in courses:
        times = chain((NOON + jump for jump in course), repeat(NOON + course[-1]))
        row = service.decide(
            ASKED,
            provider=FakeProvider(),
            find_credential=find_credential,
            submission=Submission(source=Source.API, submitter="open"),
            clock=times.__next__,
        )
        stored = TraceRecord.objects.get(pk=row.pk)
        wrong += stored.status == "running" or stored.finished_at is None or (stored.latency_ms or 0) < 0

    promise(2, f"clock jumps: {len(courses):,} courses of four jumps of up to 25 years: rows that did not end {wrong}")
    assert wrong == 0


def test_a_clock_set_back_closes_no_row_early_and_one_set_forward_ends_it_once() -> None:
    row = open_row(at=NOON)
    early = [TraceRecord.objects.close_interrupted(at=NOON + jump) for jump in JUMPS if jump <= timedelta(seconds=1)]
    late = [TraceRecord.objects.close_interrupted(at=NOON + timedelta(days=1)) for _ in range(2)]

    assert (set(early), late) == ({0}, [1, 0])
    assert TraceRecord.objects.get(pk=row.pk).error_code == "interrupted"
