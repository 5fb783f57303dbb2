"""Turn a submission from either interface into its row, and every reason against it into a refusal."""

from django.db import Error as DatabaseFault
from django.http import HttpRequest

from access.admission import move_to_decisions
from access.bodies import invalid
from access.limits import limits_of
from access.refusals import FieldError, Refusal, ledger_unavailable
from access.submitters import asker_of
from decisions.contract import Report
from decisions.decide import LedgerUnavailable, RetryRefused, SubmissionMismatch, decide, find_repeated
from decisions.providers import configured_provider
from decisions.submissions import IDEMPOTENCY_KEY, RETRY_OF, read_submission
from decisions.workflow import Workflow
from traces.codes import Source
from traces.models import TraceRecord


def submit(
    workflow: Workflow, request: HttpRequest, report: Report, *, source: Source, key: str | None, retry_of: str | None
) -> TraceRecord:
    """
    Have a report decided, or find the row of the same submission.

    :raises Refusal: 401, 403, 422, 429 past a limit, or 503 when no place is free or the ledger cannot be reached
    """
    try:
        asker = asker_of(request)
        submission = read_submission(workflow, source=source, submitter=asker.submitter, key=key, retry_of=retry_of)
        try:
            move_to_decisions()
            return decide(
                workflow,
                report,
                provider=configured_provider(workflow),
                find_facts=lambda now: workflow.find_facts(report, asker.may_ask_about, now),
                submission=submission,
                admit=limits_of(asker.submitter),
            )
        except Refusal:
            # All places are taken or a limit is reached. A repeated submission needs neither.
            if (repeated := find_repeated(workflow, report, submission)) is None:
                raise
            return repeated
    except SubmissionMismatch:
        message = f"This key was used before, for another {workflow.words.report}. Use a fresh one."
        raise invalid([FieldError(IDEMPOTENCY_KEY, "key_reused", message)]) from None
    except RetryRefused:
        message = f"{workflow.words.not_retryable} Without {RETRY_OF} this is a new {workflow.words.report}."
        raise invalid([FieldError(RETRY_OF, "not_retryable", message)]) from None
    except LedgerUnavailable as unavailable:
        trace_id = unavailable.trace_id
        raise ledger_unavailable(**({"trace_id": workflow.shown_id(trace_id)} if trace_id else {})) from None
    except DatabaseFault:
        raise ledger_unavailable() from None
