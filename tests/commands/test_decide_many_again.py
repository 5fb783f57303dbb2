"""`decide_many` again on the same file: after failures, a stop, a kill, and lost rows."""

import signal
from collections.abc import Callable
from datetime import timedelta
from threading import Semaphore

import pytest
from django.utils import timezone

from tests.commands.batches import CALLS_ON, Batch, batch, sigterm_restored
from tests.commands.conftest import Terminal, ctrl_c
from tests.conftest import REPORT
from tests.fakes import FakeProvider, answer
from tests.ledger.rows import RUNNING_ROW, insert
from traces.models import TraceRecord

__all__ = ["batch", "sigterm_restored"]

# The lines are decided in threads, which see only what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


def test_failed_lines_are_sent_again_only_when_asked(batch: Batch, provider: FakeProvider) -> None:
    provider.says = TimeoutError()
    failed = batch.run()
    unchanged = batch.run()
    ids = batch.column("id")

    provider.says = answer()
    retried = batch.run("--retry-failed")
    batch.run("--retry-failed")

    assert (failed.code, unchanged.code, retried.code, len(provider.calls)) == (1, 1, 0, 4)
    assert failed.out == f"2 failed; see {batch.out}.\n--retry-failed sends the failed lines again.\n"
    assert batch.column("status") == ["completed"] * 2
    traces = [TraceRecord.objects.get(pk=each) for each in batch.column("id")]
    assert [each.retry_of for each in traces] == ids
    assert [each.submission_key for each in traces] == [f"{batch.key(line)}-2" for line in (2, 3)]


def test_a_line_whose_first_attempt_was_pruned_is_not_decided_anew(batch: Batch, provider: FakeProvider) -> None:
    provider.says = TimeoutError()
    batch.run()
    provider.says = answer()
    batch.run("--retry-failed")
    kept = set(TraceRecord.objects.filter(retry_of__isnull=False).values_list("pk", flat=True))
    TraceRecord.objects.exclude(pk__in=kept).delete()

    again = batch.run("--retry-failed")

    assert (again.code, len(provider.calls), set(batch.column("id"))) == (0, 4, kept)


def test_the_highest_of_ten_attempts_is_the_latest(batch: Batch, provider: FakeProvider) -> None:
    batch.write(("acct_10234", REPORT))
    for number in ("9", "10"):
        failed = RUNNING_ROW | {"status": "failed", "error_code": "interrupted", "finished_at": timezone.now()}
        insert(failed | {"source": "batch", "submitter": "batch", "submission_key": f"{batch.key(2)}-{number}"})

    batch.run("--retry-failed")

    assert TraceRecord.objects.get(pk=batch.column("id")[0]).submission_key == f"{batch.key(2)}-11"
    assert len(provider.calls) == 1


@pytest.mark.parametrize(("code", "advised"), [("provider_refused", False), ("provider_timeout", True)])
def test_sending_again_is_advised_only_where_it_can_help(batch: Batch, code: str, advised: bool) -> None:
    for line in (2, 3):
        failed = {"status": "failed", "error_code": code, "finished_at": timezone.now()}
        insert(RUNNING_ROW | failed | {"source": "batch", "submitter": "batch", "submission_key": batch.key(line)})

    assert ("--retry-failed" in batch.run().out) is advised


@pytest.mark.parametrize("stop", [ctrl_c, lambda: signal.raise_signal(signal.SIGTERM)], ids=["Ctrl-C", "SIGTERM"])
def test_a_stopped_run_goes_on_with_the_same_command(
    batch: Batch, provider: FakeProvider, stop: Callable[[], None]
) -> None:
    batch.write(*(("acct_10234", f"{REPORT} {number}") for number in range(40)))
    provider.meanwhile = lambda: terminal.progressed.acquire(timeout=30)
    terminal = StoppingTerminal(stop)

    stopped = batch.run("--jobs", "1", err=terminal)
    states = set(batch.column("status"))
    provider.meanwhile = lambda: None
    ran = batch.run()

    assert stopped.code == 130
    assert stopped.err.endswith("2 of 40 lines are done; the same command goes on.\n")
    assert states == {"completed", "unsent"}
    assert (ran.code, len(provider.calls), TraceRecord.objects.count()) == (0, 40, 40)


class StoppingTerminal(Terminal):
    """Stops the command at its second line. No line ends before the progress of the one before is shown."""

    def __init__(self, stop: Callable[[], None]) -> None:
        super().__init__(on_progress=self.show)
        self.stop, self.progressed = stop, Semaphore(1)

    def show(self) -> None:
        self.progressed.release()
        if self.getvalue().endswith("2 of 40"):
            self.stop()


def test_a_row_that_a_killed_run_left_is_closed_as_interrupted(batch: Batch, provider: FakeProvider) -> None:
    left = {"source": "batch", "submitter": "batch", "submission_key": batch.key(3)}
    insert(RUNNING_ROW | left | {"started_at": timezone.now() - timedelta(hours=1)})

    ran = batch.run()

    assert (ran.code, len(provider.calls)) == (1, 1)
    assert [(each["status"], each["error_code"]) for each in batch.results()] == [
        ("completed", ""),
        ("failed", "interrupted"),
    ]


def test_a_ledger_that_fails_ends_the_run(batch: Batch, provider: FakeProvider) -> None:
    provider.meanwhile = TraceRecord.objects.all().delete

    ran = batch.run("--jobs", "1")

    assert (ran.code, ran.err) == (2, f"The ledger cannot be reached. {CALLS_ON}")
    assert batch.column("status") == ["unsent"] * 2
