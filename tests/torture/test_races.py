"""Four threads finish, close, read and retry the same row at the same time, round after round."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Barrier
from time import sleep

import pytest

from decisions.decide import RetryRefused, decide
from rotation.contract import RotationReport
from rotation.models import Credential
from rotation.workflow import ROTATION
from tests.conftest import REPORT
from tests.crowds import in_threads
from tests.fakes import FakeProvider, any_record
from tests.ledger.rows import COMPLETED, NOW, open_row
from tests.torture.conftest import Promise, sized
from traces.codes import Source, Status
from traces.entries import Submission
from traces.models import TraceAlreadyClosed, TraceRecord, longest_run

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = sized(150, 1_000)
ROTATION_REPORT = RotationReport(account_id="acct_10234", credential_report=REPORT)


@dataclass
class Round:
    """One row, and the result that each of the four threads got."""

    number: int
    trace: TraceRecord
    overdue_at: datetime
    results: dict[str, str] = field(default_factory=dict)

    def finish(self) -> str:
        try:
            TraceRecord(pk=self.trace.pk, started_at=NOW).close(COMPLETED, at=NOW + timedelta(seconds=1))
        except TraceAlreadyClosed:
            return "late"
        return "won"

    def close(self) -> str:
        row = TraceRecord.objects.filter(pk=self.trace.pk)
        return "won" if row.close_interrupted(at=self.overdue_at) else "late"

    def read(self) -> str:
        return str(TraceRecord.objects.read(self.trace.pk, at=self.overdue_at).status)

    def retry(self) -> str:
        again = Submission(source=Source.API, submitter=self.trace.submitter, retry_of=self.trace.pk)
        clock = self.overdue_at
        try:
            decide(
                ROTATION,
                ROTATION_REPORT,
                provider=FakeProvider(),
                find_facts=any_record(ROTATION_REPORT),
                submission=again,
                clock=lambda: clock,
            )
        except RetryRefused:
            return "refused"
        return "made"


ACTIONS: dict[str, Callable[[Round], str]] = {
    "finish": Round.finish,
    "close": Round.close,
    "read": Round.read,
    "retry": Round.retry,
}


def race(rounds: list[Round]) -> None:
    """Start the four threads of each round together, each after a random pause, so that every order occurs."""
    start = Barrier(len(ACTIONS), timeout=60)

    def run_action(action: str) -> None:
        rng = random.Random(action)  # noqa: S311 - no secret
        try:
            for each in rounds:
                start.wait()
                sleep(rng.choice((0, 0, 0.0003, 0.001)))
                each.results[action] = ACTIONS[action](each)
        except BaseException:
            start.abort()
            raise

    in_threads(run_action, ACTIONS)


def contradiction_in(each: Round, ended: str, retries: int) -> str | None:
    """Compare the four results with the row. The reader may have closed the row itself."""
    if (each.results["finish"] == "won") != (ended == Status.COMPLETED):
        return "finish got another result"
    if each.results["close"] == "won" and ended != Status.FAILED:
        return "two endings"
    if each.results["read"] != ended:
        return "a reader saw another ending"
    if retries != (each.results["retry"] == "made") or (retries and ended != Status.FAILED):
        return "a retry of a row that had not failed"
    return None


def test_concurrent_endings_close_a_row_once(credential: Credential, promise: Promise) -> None:
    late = NOW + longest_run() + timedelta(seconds=1)
    rounds = [Round(number, open_row(), late) for number in range(ROUNDS)]

    race(rounds)

    rows = TraceRecord.objects.in_bulk([each.trace.pk for each in rounds])
    retries = Counter(TraceRecord.objects.exclude(retry_of=None).values_list("retry_of", flat=True))
    wrong = Counter(contradiction_in(each, rows[each.trace.pk].status, retries[each.trace.pk]) for each in rounds)
    orders = Counter((*each.results.values(),) for each in rounds)
    completed = sum(row.status == Status.COMPLETED for row in rows.values())
    promise(
        2,
        f"races: {ROUNDS:,} interleavings of finish, close, read, retry: {len(orders)} courses, "
        f"{completed} completed, {ROUNDS - completed} interrupted, contradictions {ROUNDS - wrong[None]}",
    )
    assert wrong == {None: ROUNDS}
    assert 0 < completed < ROUNDS
