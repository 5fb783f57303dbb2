"""
One report in, one checked decision out, one row kept.

The record is read, the running row is committed with its facts, the provider is asked at most once with no pooled
connection held, its answer is checked, and the row is closed once. Nothing is ever rotated here.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import connection
from django.utils import timezone

from rotation.check import Unsupported, check_answer
from rotation.contract import ANSWER_SHAPES, CredentialFacts, RotationReport
from rotation.policy import P7
from rotation.providers import DecisionProvider
from rotation.records import FindCredential, NoCredential
from traces.codes import ErrorCode, Status
from traces.entries import Admit, Completed, Ending, Failed, Opening, Submission
from traces.failures import NamedFailure
from traces.fingerprints import FingerprintKey, fingerprint, submission_digest
from traces.models import AlreadySubmitted, TraceAlreadyClosed, TraceRecord
from traces.transitions import following, name_in_logs

WORKFLOW = "rotation"
logger = logging.getLogger(__name__)


class LedgerUnavailable(Exception):
    """The ledger could not be read or written; `trace_id` names the row that stays running, if there is one."""

    def __init__(self, trace_id: str | None) -> None:
        super().__init__()
        self.trace_id = trace_id


class SubmissionMismatch(Exception):
    """This submission key was used before, for another report; no row was written."""


class RetryRefused(Exception):
    """What is to be retried is no failed trace of this submitter and account; no row was written."""


def decide(
    report: RotationReport,
    *,
    provider: DecisionProvider,
    find_credential: FindCredential,
    submission: Submission,
    admit: Admit | None = None,
    clock: Callable[[], datetime] = timezone.now,
) -> TraceRecord:
    """
    Judge one credential report and return its closed trace.

    A submission sent twice gets its earlier row as it stands, which may still be running, and no second call. What
    `admit` raises in the transaction that opens the row undoes it, and is raised here.

    :raises RetryRefused:
    :raises SubmissionMismatch:
    :raises LedgerUnavailable:
    """
    with _ledger_faults():
        _refuse_strange_retry(submission, report, at=clock())
        facts = find_credential(report.account_id, report.item, clock().date())
        opening = _opening(report, facts, provider=provider, submission=submission)
        try:
            trace = TraceRecord.objects.open(opening, at=clock(), admit=admit)
        except AlreadySubmitted as repeated:
            return _same_or_refused(repeated.earlier, report)
    with following(trace):
        try:
            _give_back_connection()
            ending = _judge(report, facts, provider=provider)
        except Exception as stop:  # noqa: BLE001 - the one rail: every stop gets a name and closes the row
            ending = _named(stop, trace)
        except BaseException:
            with suppress(LedgerUnavailable):
                _close(trace, Failed(error_code=ErrorCode.INTERRUPTED), at=clock())
            raise
        _close(trace, ending, at=clock())
    return trace


def find_repeated(report: RotationReport, submission: Submission) -> TraceRecord | None:
    """
    Find the row of a submission that was sent before, so that sending it again costs nothing.

    :raises SubmissionMismatch:
    :raises LedgerUnavailable:
    """
    with _ledger_faults():
        earlier = TraceRecord.objects.submitted(submission, at=timezone.now())
    return earlier and _same_or_refused(earlier, report)


def _judge(report: RotationReport, facts: CredentialFacts | NoCredential, *, provider: DecisionProvider) -> Ending:
    if isinstance(facts, NoCredential):
        return Failed(error_code=facts.code)
    shape = ANSWER_SHAPES[provider.prompt_version]
    reply = provider.decide(report, facts)
    verdict = check_answer(reply.answer, report, facts, P7, shape=shape)
    if isinstance(verdict, Unsupported):
        return Failed(error_code=ErrorCode.INVALID_DECISION, error_reason=verdict.reason, usage=reply.usage)
    return Completed(decision=verdict.decision, policy_line_ids=verdict.line_ids, usage=reply.usage)


def _give_back_connection() -> None:
    """Hold no connection while a model works: a pool lends it to others, a file's is kept as it harms nobody."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


def _named(stop: Exception, trace: TraceRecord) -> Failed:
    if isinstance(stop, NamedFailure):
        logger.warning("%s ended in %s", trace.trace_id, stop.code)
        return Failed(error_code=stop.code, usage=stop.usage)
    if isinstance(stop, TimeoutError):
        return Failed(error_code=ErrorCode.PROVIDER_TIMEOUT)
    logger.error("internal_error in %s", trace.trace_id, exc_info=stop)
    return Failed(error_code=ErrorCode.INTERNAL_ERROR)


def _close(trace: TraceRecord, ending: Ending, *, at: datetime) -> None:
    with _ledger_faults(trace):
        try:
            trace.close(ending, at=at)
        except TraceAlreadyClosed:
            trace.refresh_from_db()


@contextmanager
def _ledger_faults(trace: TraceRecord | None = None) -> Iterator[None]:
    try:
        yield
    except (DatabaseFault, TraceRecord.DoesNotExist) as fault:
        logger.error("ledger unavailable for %s: %s", trace or "a new request", type(fault).__name__)  # noqa: TRY400
        raise LedgerUnavailable(trace.trace_id if trace else None) from None


def _refuse_strange_retry(submission: Submission, report: RotationReport, *, at: datetime) -> None:
    if submission.retry_of is None:
        return
    try:
        retried = TraceRecord.objects.read(submission.retry_of, at=at)
    except TraceRecord.DoesNotExist:
        raise RetryRefused from None
    asked = (retried.workflow, retried.submitter, retried.account_id, retried.status)
    if asked != (WORKFLOW, submission.submitter, report.account_id, Status.FAILED):
        raise RetryRefused


def _opening(
    report: RotationReport, facts: CredentialFacts | NoCredential, *, provider: DecisionProvider, submission: Submission
) -> Opening:
    key: FingerprintKey = settings.FINGERPRINT_KEYS[0]
    return Opening(
        **dict(submission),
        workflow=WORKFLOW,
        account_id=report.account_id,
        submission_digest=_digest(report, key),
        input_fingerprint=fingerprint(report.credential_report, key),
        fingerprint_key_id=key.id,
        prompt_version=provider.prompt_version,
        policy_version=P7.version,
        provider=provider.name,
        model=provider.model,
        release=settings.RELEASE,
        **_recorded(facts),
    )


def _recorded(facts: CredentialFacts | NoCredential) -> dict[str, Any]:
    if isinstance(facts, NoCredential):
        return {}
    return {
        "credential_label": facts.label,
        "credential_kind": facts.kind,
        "credential_state": facts.state,
        "credential_age_days": facts.age_days,
    }


def _digest(report: RotationReport, key: FingerprintKey) -> str:
    return submission_digest((WORKFLOW, report.account_id, report.item, report.credential_report), key)


def _same_or_refused(earlier: TraceRecord, report: RotationReport) -> TraceRecord:
    """Compare under the key the earlier row was written with, so that a key rotation does not part twins."""
    keys = [key for key in settings.FINGERPRINT_KEYS if key.id == earlier.fingerprint_key_id]
    if not any(_digest(report, key) == earlier.submission_digest for key in keys):
        raise SubmissionMismatch
    name_in_logs(earlier.trace_id)
    return earlier
