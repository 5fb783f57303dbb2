"""
The steps of every request of every workflow: one report in, one checked result out, one row.

The service reads the facts, commits the running row with them, asks the provider at most once without holding a pooled
connection, checks the answer, and closes the row once.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from time import sleep
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import InterfaceError, InternalError, OperationalError, connection
from django.utils import timezone

from decisions.contract import Facts, Report
from decisions.stored import validated
from decisions.workflow import Judgement, Missing, Provider, Workflow
from traces.codes import ErrorCode, Status
from traces.deadlines import deadline, seconds_left
from traces.entries import Admit, Failed, Opening, Submission
from traces.failures import NamedFailure
from traces.fingerprints import FingerprintKey, fingerprint, submission_digest
from traces.models import AlreadySubmitted, TraceAlreadyClosed, TraceRecord
from traces.transitions import announced, set_trace_id_in_logs

FindFacts = Callable[[datetime], Facts | Missing]
# Between two attempts to close a row.
CLOSING_PAUSE_SECONDS = 0.05
logger = logging.getLogger(__name__)


class LedgerUnavailable(Exception):
    """The ledger could not be read or written. `trace_id` names the row that stays running, if there is one."""

    def __init__(self, trace_id: str | None) -> None:
        super().__init__()
        self.trace_id = trace_id


class SubmissionMismatch(Exception):
    """This submission key was used before, for another report. No row was written."""


class RetryRefused(Exception):
    """The trace to retry is not a failed trace of this workflow, submitter and account. No row was written."""


def decide(
    workflow: Workflow,
    report: Report,
    *,
    provider: Provider,
    find_facts: FindFacts,
    submission: Submission,
    admit: Admit | None = None,
    clock: Callable[[], datetime] = timezone.now,
) -> TraceRecord:
    """
    Judge one report and return its closed trace.

    A repeated submission gets its earlier row, which may still be running, and makes no second call. An exception of
    `admit` in the transaction that opens the row undoes the row and is raised here.

    :raises RetryRefused:
    :raises SubmissionMismatch:
    :raises LedgerUnavailable:
    """
    with deadline(settings.DECISION_DEADLINE_SECONDS) as running:
        with _ledger_faults():
            _refuse_wrong_retry(workflow, report, submission, at=clock())
            now = clock()
            facts = find_facts(now)
            opening = _opening(workflow, report, facts, provider=provider, submission=submission, at=now)
            try:
                trace = TraceRecord.objects.open(opening, at=clock(), admit=admit)
            except AlreadySubmitted as repeated:
                return _accept_repeat(workflow, report, repeated.earlier)
        with announced(trace):
            try:
                judgement = _judge(workflow, report, facts, provider=provider)
            except Exception as fault:  # noqa: BLE001 - the one place where each exception gets a code and closes the row
                judgement = Judgement(_failure_of(fault, trace))
            except BaseException:
                running.allow_closing()
                with suppress(DatabaseFault, TraceRecord.DoesNotExist):
                    _try_to_close(workflow, trace, Judgement(Failed(error_code=ErrorCode.INTERRUPTED)), at=clock())
                raise
            running.allow_closing()
            _close(workflow, trace, judgement, at=clock())
    return trace


def find_repeated(workflow: Workflow, report: Report, submission: Submission) -> TraceRecord | None:
    """
    Find the row of a submission that was sent before. Return None for a new submission.

    :raises SubmissionMismatch:
    :raises LedgerUnavailable:
    """
    with _ledger_faults():
        earlier = TraceRecord.objects.find_submission(submission, at=timezone.now())
    return earlier and _accept_repeat(workflow, report, earlier)


def _judge(workflow: Workflow, report: Report, facts: Facts | Missing, *, provider: Provider) -> Judgement:
    # Return a pooled connection, so that others can use it while the model works. SQLite's connection stays open.
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
    if isinstance(facts, Missing):
        return Judgement(Failed(error_code=facts.code, error_reason=facts.reason))
    judgement = workflow.judge(report, facts, provider)
    if judgement.ending.answer is not None:
        validated(workflow.prompts[provider.prompt_version].closed_answer, judgement.ending.answer)
    return judgement


def _failure_of(fault: Exception, trace: TraceRecord) -> Failed:
    if isinstance(fault, NamedFailure):
        logger.warning("%s ended in %s", trace.trace_id, fault.code)
        return Failed(error_code=fault.code, usage=fault.usage)
    if isinstance(fault, TimeoutError):
        return Failed(error_code=ErrorCode.PROVIDER_TIMEOUT)
    logger.error("internal_error in %s", trace.trace_id, exc_info=fault)
    return Failed(error_code=ErrorCode.INTERNAL_ERROR)


def _close(workflow: Workflow, trace: TraceRecord, judgement: Judgement, *, at: datetime) -> None:
    """
    Close the row, if need be after several attempts on fresh connections, until CLOSING_SECONDS past the deadline.

    An attempt that seemed to fail may have closed the row. The next one then changes nothing.
    """
    with _ledger_faults(trace):
        while True:
            try:
                return _try_to_close(workflow, trace, judgement, at=at)
            except (OperationalError, InterfaceError, InternalError):
                if connection.in_atomic_block or not seconds_left():
                    raise
            connection.close()
            sleep(CLOSING_PAUSE_SECONDS)


def _try_to_close(workflow: Workflow, trace: TraceRecord, judgement: Judgement, *, at: datetime) -> None:
    keep = None
    if workflow.products and judgement.product is not None:
        keep = partial(workflow.products.keep, trace.trace_id, judgement.product, at)
    try:
        trace.close(judgement.ending, at=at, then=keep)
    except TraceAlreadyClosed:
        trace.refresh_from_db()


@contextmanager
def _ledger_faults(trace: TraceRecord | None = None) -> Iterator[None]:
    try:
        yield
    except (DatabaseFault, TraceRecord.DoesNotExist) as fault:
        logger.error("ledger unavailable for %s: %s", trace or "a new request", type(fault).__name__)  # noqa: TRY400
        raise LedgerUnavailable(trace.trace_id if trace else None) from None


def _refuse_wrong_retry(workflow: Workflow, report: Report, submission: Submission, *, at: datetime) -> None:
    if submission.retry_of is None:
        return
    try:
        retried = TraceRecord.objects.read(submission.retry_of, at=at)
    except TraceRecord.DoesNotExist:
        raise RetryRefused from None
    found = (retried.workflow, retried.submitter, retried.account_id, retried.status)
    if found != (workflow.name, submission.submitter, report.asked_account, Status.FAILED):
        raise RetryRefused


def _opening(
    workflow: Workflow,
    report: Report,
    facts: Facts | Missing,
    *,
    provider: Provider,
    submission: Submission,
    at: datetime,
) -> Opening:
    key: FingerprintKey = settings.FINGERPRINT_KEYS[0]
    return Opening(
        **dict(submission),
        workflow=workflow.name,
        account_id=report.asked_account,
        submission_digest=_digest(workflow, report, key),
        input_fingerprint=fingerprint(report.sent_text, key),
        fingerprint_key_id=key.id,
        prompt_version=provider.prompt_version,
        policy_version=workflow.policy_version,
        provider=provider.name,
        model=provider.model,
        release=settings.RELEASE,
        **_stored_facts(workflow, facts, at=at),
    )


def _stored_facts(workflow: Workflow, facts: Facts | Missing, *, at: datetime) -> dict[str, Any]:
    if isinstance(facts, Missing):
        return {}
    old_columns = workflow.old_columns.write(facts, at) if workflow.old_columns else {}
    return {"facts": workflow.facts.model_validate(facts).model_dump(mode="json"), **old_columns}


def _digest(workflow: Workflow, report: Report, key: FingerprintKey) -> str:
    return submission_digest((workflow.name, *report.identity), key)


def _accept_repeat(workflow: Workflow, report: Report, earlier: TraceRecord) -> TraceRecord:
    """
    Return the earlier row, marked as such, if it is of the same report. Compare under the fingerprint key of that row.

    :raises SubmissionMismatch:
    """
    keys = [key for key in settings.FINGERPRINT_KEYS if key.id == earlier.fingerprint_key_id]
    if not any(_digest(workflow, report, key) == earlier.submission_digest for key in keys):
        raise SubmissionMismatch
    set_trace_id_in_logs(earlier.trace_id)
    earlier.is_repeated = True
    return earlier
