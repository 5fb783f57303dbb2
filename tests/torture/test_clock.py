"""The clock jumps while a decision is made: the row still ends, and no duration is negative."""

import random
from datetime import UTC, datetime, timedelta
from itertools import chain, product, repeat

import pytest

from decisions.decide import decide
from rotation.contract import RotationReport
from rotation.models import Credential
from rotation.workflow import ROTATION
from tests.conftest import REPORT
from tests.fakes import FakeProvider, any_record
from tests.ledger.rows import open_row
from tests.torture.conftest import Promise, sized
from traces.codes import Source
from traces.entries import Submission
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
JUMPS = [timedelta(**{unit: size}) for unit in ("milliseconds", "hours", "days") for size in (-9_000, -1, 0, 1, 9_000)]
ROTATION_REPORT = RotationReport(account_id="acct_10234", credential_report=REPORT)


def test_rows_end_when_the_clock_jumps(credential: Credential, promise: Promise) -> None:
    # A decision reads the clock four times: for the retry, the credential's age, the opening and the close.
    every_sequence = list(product(JUMPS, repeat=4))
    sequences = random.Random(1).sample(every_sequence, sized(250, 5_000))  # noqa: S311 - no secret
    wrong = 0
    for sequence in sequences:
        times = chain((NOON + jump for jump in sequence), repeat(NOON + sequence[-1]))
        row = decide(
            ROTATION,
            ROTATION_REPORT,
            provider=FakeProvider(),
            find_facts=any_record(ROTATION_REPORT),
            submission=Submission(source=Source.API, submitter="open"),
            clock=times.__next__,
        )
        stored = TraceRecord.objects.get(pk=row.pk)
        wrong += stored.status == "running" or stored.finished_at is None or (stored.latency_ms or 0) < 0

    promise(
        2, f"clock jumps: {len(sequences):,} sequences of four jumps of up to 25 years: rows that did not end {wrong}"
    )
    assert wrong == 0


def test_overdue_row_is_closed_once_when_the_clock_jumps() -> None:
    row = open_row(at=NOON)
    early = [TraceRecord.objects.close_interrupted(at=NOON + jump) for jump in JUMPS if jump <= timedelta(seconds=1)]
    late = [TraceRecord.objects.close_interrupted(at=NOON + timedelta(days=1)) for _ in range(2)]

    assert (set(early), late) == ({0}, [1, 0])
    assert TraceRecord.objects.get(pk=row.pk).error_code == "interrupted"
