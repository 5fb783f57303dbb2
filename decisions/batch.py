"""
Decide each report of a file once, however often the file is sent, and list what became of it.

The submission key of a line is made of the file's digest, the line's number and the attempt. So the ledger knows what
is done, and a run that was killed goes on.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from operator import itemgetter
from time import sleep

from django.utils import timezone

from access.limits import limits_of
from access.refusals import FieldError, Refusal
from access.submitters import Asker
from decisions.batch_file import BatchFile
from decisions.contract import Report
from decisions.decide import RetryRefused, SubmissionMismatch, decide
from decisions.sentences import retry_can_help, sentence_of
from decisions.workflow import Provider
from traces.codes import Source, Status
from traces.entries import Admit, Submission
from traces.exports import Row
from traces.models import TraceQuerySet, TraceRecord

COLUMNS = ("line", "id", "status", "decision", "error_code", "sentence")
REFUSED, UNSENT = "refused", "unsent"
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Attempt:
    """One sending of a line's report. `retry_of` is the failed trace of the attempt before."""

    line: int
    report: Report
    number: int
    retry_of: str | None


@dataclass(frozen=True, kw_only=True)
class Batch:
    file: BatchFile
    asker: Asker
    provider: Provider
    within_limits: bool = False
    _full: dict[int, Refusal] = field(default_factory=dict, init=False)

    @property
    def columns(self) -> tuple[str, ...]:
        products = self.file.workflow.products
        return (*COLUMNS, *(products.shape.model_fields if products else ()))

    def due(self, *, retry_failed: bool) -> list[Attempt]:
        """Return what is to be sent: the lines without a row, and those that failed if they are asked for."""
        latest, due = self._latest(), []
        for line, report in self.file.reports.items():
            number, trace = latest.get(line, (0, None))
            if trace is None or (retry_failed and trace.status == Status.FAILED):
                due.append(Attempt(line, report, number + 1, trace.pk if trace else None))
        return due

    def retry_can_help(self) -> bool:
        return any(trace.status == Status.FAILED and retry_can_help(trace) for _, trace in self._latest().values())

    def send(self, attempt: Attempt) -> None:
        """
        Have a line decided. Over a limit it stays without a row.

        :raises LedgerUnavailable:
        """
        workflow, report = self.file.workflow, attempt.report
        submission = Submission(
            source=Source.BATCH,
            submitter=self.asker.submitter,
            submission_key=self._key(attempt.line, attempt.number),
            retry_of=attempt.retry_of,
        )
        # A program used this key for something else, or the failed trace is gone: the line is listed without a row.
        with suppress(SubmissionMismatch, RetryRefused):
            try:
                decide(
                    workflow,
                    report,
                    provider=self.provider,
                    find_facts=lambda now: workflow.find_facts(report, self.asker.may_ask_about, now),
                    submission=submission,
                    admit=self._admit(),
                )
            except Refusal as refusal:
                self._full[attempt.line] = refusal

    def await_running(self) -> None:
        """Wait until every row of this file has ended. One that a killed run left is closed as interrupted."""
        while self._own.filter(status=Status.RUNNING).exists():
            sleep(POLL_SECONDS)
            TraceRecord.objects.close_interrupted(at=timezone.now())

    def results(self) -> Iterator[Row]:
        """Yield what the ledger holds of each line, with the columns' values."""
        latest = self._latest()
        for line, read in self.file.lines.items():
            _, trace = latest.get(line, (0, None))
            found = self._of_trace(trace) if trace else self._without_row(line, read)
            yield dict.fromkeys(self.columns) | {"line": line} | found

    def _of_trace(self, trace: TraceRecord) -> Row:
        workflow, product = self.file.workflow, None
        sentence = sentence_of(workflow, trace)
        if workflow.products and trace.status == Status.COMPLETED:
            product = workflow.products.find(trace.pk)
            sentence = None if product else workflow.products.gone(trace)
        return {
            "id": workflow.shown_id(trace.pk),
            "status": trace.status,
            "decision": trace.decision,
            "error_code": trace.error_code,
            "sentence": sentence,
            **(product.model_dump(mode="json") if product else {}),
        }

    def _without_row(self, line: int, read: Report | FieldError) -> Row:
        if isinstance(read, FieldError):
            return {"status": REFUSED, "error_code": read.code, "sentence": read.message}
        if full := self._full.get(line):
            return {"status": UNSENT, "error_code": full.code, "sentence": full.detail}
        return {"status": UNSENT, "sentence": "The same command sends it."}

    def _admit(self) -> Admit | None:
        return limits_of(self.asker.submitter, uncounted=(Source.EVAL,)) if self.within_limits else None

    def _key(self, line: int, number: int) -> str:
        return f"{self._prefix}{line}" + (f"-{number}" if number > 1 else "")

    @property
    def _own(self) -> TraceQuerySet:
        """Return the rows of this file by a range in the index of submissions. Every collation has z after digits."""
        bounds = {"submission_key__gte": self._prefix, "submission_key__lt": f"{self._prefix}z"}
        return TraceRecord.objects.filter(source=Source.BATCH, submitter=self.asker.submitter, **bounds)

    @property
    def _prefix(self) -> str:
        return f"batch-{self.file.digest}-"

    def _latest(self) -> dict[int, tuple[int, TraceRecord]]:
        """Find the latest attempt at each line, with its number. Earlier ones may have been pruned."""
        latest: dict[int, tuple[int, TraceRecord]] = {}
        for trace in self._own:
            line, _, number = str(trace.submission_key).removeprefix(self._prefix).partition("-")
            latest[int(line)] = max(latest.get(int(line), (0, trace)), (int(number or 1), trace), key=itemgetter(0))
        return latest
