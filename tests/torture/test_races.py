"""One row, four who want to end it or go on from it, all at once, round after round."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Barrier
from time import sleep

import pytest
from django.db import connection

from rotation import service
from rotation.contract import RotationReport
from rotation.models import Credential
from rotation.records import find_credential
from tests.conftest import REPORT
from tests.fakes import FakeProvider
from tests.ledger.rows import COMPLETED, NOW, open_row
from tests.torture.conftest import Promise, sized
from traces.codes import Source, Status
from traces.entries import Submission
from traces.models import TraceAlreadyClosed, TraceRecord, allowance

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = sized(150, 1_000)
ASKED = RotationReport(account_id="acct_10234", credential_report=REPORT)


@dataclass
class Round:
    """What each of the four was told of one row."""

    number: int
    trace: TraceRecord
    overdue_at: datetime
    told: dict[str, str] = field(default_factory=dict)

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
            service.decide(
                ASKED, provider=FakeProvider(), find_credential=find_credential, submission=again, clock=lambda: clock
            )
        except service.RetryRefused:
            return "refused"
        return "made"


WHO: dict[str, Callable[[Round], str]] = {
    "finish": Round.finish,
    "close": Round.close,
    "read": Round.read,
    "retry": Round.retry,
}


def race(rounds: list[Round]) -> None:
    """Start the four of each round together, each after a moment of chance, so that every order comes about."""
    connection.close()
    start = Barrier(len(WHO), timeout=60)

    def take_part(who: str) -> None:
        dice = random.Random(who)  # noqa: S311 - no secret
        try:
            for each in rounds:
                start.wait()
                sleep(dice.choice((0, 0, 0.0003, 0.001)))
                each.told[who] = WHO[who](each)
        except BaseException:
            start.abort()
            raise
        finally:
            connection.close()

    with ThreadPoolExecutor(len(WHO)) as threads:
        list(threads.map(take_part, WHO))


def wrong_in(each: Round, ended: str, retries: int) -> str | None:
    """Compare what the four were told with the row; the reader may have closed it itself."""
    if (each.told["finish"] == "won") != (ended == Status.COMPLETED):
        return "finish was told otherwise"
    if each.told["close"] == "won" and ended != Status.FAILED:
        return "two endings"
    if each.told["read"] != ended:
        return "a reader saw another ending"
    if retries != (each.told["retry"] == "made") or (retries and ended != Status.FAILED):
        return "a retry of what had not failed"
    return None


def test_of_finish_close_read_and_retry_one_ends_the_row_and_all_agree(
    credential: Credential, promise: Promise
) -> None:
    late = NOW + allowance() + timedelta(seconds=1)
    rounds = [Round(number, open_row(), late) for number in range(ROUNDS)]

    race(rounds)

    rows = TraceRecord.objects.in_bulk([each.trace.pk for each in rounds])
    retries = Counter(TraceRecord.objects.exclude(retry_of=None).values_list("retry_of", flat=True))
    wrong = Counter(wrong_in(each, rows[each.trace.pk].status, retries[each.trace.pk]) for each in rounds)
    orders = Counter((*each.told.values(),) for each in rounds)
    completed = sum(row.status == Status.COMPLETED for row in rows.values())
    promise(
        2,
        f"races: {ROUNDS:,} interleavings of finish, close, read, retry: {len(orders)} courses, "
        f"{completed} completed, {ROUNDS - completed} interrupted, contradictions {ROUNDS - wrong[None]}",
    )
    assert wrong == {None: ROUNDS}
    assert 0 < completed < ROUNDS
