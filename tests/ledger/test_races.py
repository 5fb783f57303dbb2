"""Of eight threads that write one row, exactly one succeeds, every time."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier

import pytest

from tests.crowds import in_threads
from tests.ledger.rows import LATER, open_row
from traces.codes import ErrorCode
from traces.entries import Completed, Ending, Failed, Usage
from traces.models import AlreadySubmitted, TraceAlreadyClosed, TraceRecord

pytestmark = pytest.mark.django_db(transaction=True)

THREADS, ROUNDS = 8, 200
Attempt = Callable[[int, int], bool]


def race(attempt: Attempt, *, rounds: int, before_each: Callable[[], None] | None = None) -> list[list[int]]:
    """Let eight threads attempt each round at once. Return the winners of each round."""
    start = Barrier(THREADS, action=before_each, timeout=30)

    def run(thread: int) -> list[bool]:
        try:
            return [start.wait() >= 0 and attempt(thread, each) for each in range(rounds)]
        except BaseException:
            start.abort()
            raise

    results = in_threads(run, range(THREADS))
    return [[thread for thread, won in enumerate(each) if won] for each in zip(*results, strict=True)]


def ending_of(thread: int) -> Ending:
    usage = Usage(provider_ms=thread)
    if thread % 2:
        return Failed(error_code=ErrorCode.PROVIDER_ERROR, usage=usage)
    return Completed(decision="eligible", policy_line_ids=("P-7",), usage=usage)


def test_of_eight_closes_at_once_one_wins_and_its_values_stay() -> None:
    ids: list[str] = []

    def close(thread: int, number: int) -> bool:
        trace = TraceRecord(trace_id=ids[number], started_at=LATER)
        try:
            trace.close(ending_of(thread), at=LATER + timedelta(milliseconds=thread))
        except TraceAlreadyClosed:
            return False
        return True

    winners = race(close, rounds=ROUNDS, before_each=lambda: ids.append(open_row().pk))

    rows = TraceRecord.objects.in_bulk(ids)
    kept = [(rows[each].provider_ms, rows[each].latency_ms, rows[each].status) for each in ids]
    assert [len(won) for won in winners] == [1] * ROUNDS
    assert kept == [(thread, thread, ending_of(thread).status) for (thread,) in winners]


def test_of_eight_equal_submissions_at_once_one_makes_a_row() -> None:
    def submit(thread: int, number: int) -> bool:
        try:
            open_row(submission_key=f"submission-{number}", credential_age_days=thread)
        except AlreadySubmitted:
            return False
        return True

    winners = race(submit, rounds=25)

    rows = TraceRecord.objects.values_list("submission_key", "credential_age_days")
    assert sorted(rows) == sorted((f"submission-{number}", thread) for number, (thread,) in enumerate(winners))
