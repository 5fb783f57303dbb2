"""One submission from either face to its row, with every reason not to take it as a refusal."""

from django.db import Error as DatabaseFault
from django.http import HttpRequest

from access.admission import admission
from access.bodies import invalid
from access.limits import limits_of
from access.refusals import FieldError, Refusal, ledger_unavailable
from access.submissions import IDEMPOTENCY_KEY, RETRY_OF, read_submission
from access.submitters import asker_of
from rotation import service
from rotation.contract import RotationReport
from rotation.providers import configured_provider
from rotation.records import find_own
from traces.codes import Source
from traces.models import TraceRecord


def submit(
    request: HttpRequest, report: RotationReport, *, source: Source, key: str | None, retry_of: str | None
) -> TraceRecord:
    """
    Have a report decided, or find what was decided of it before.

    :raises Refusal: 401, 403, 422, 429 past a limit, or 503 when no place is free or the ledger cannot be reached
    """
    try:
        asker = asker_of(request)
        submission = read_submission(source=source, submitter=asker.submitter, key=key, retry_of=retry_of)
        try:
            with admission():
                return service.decide(
                    report,
                    provider=configured_provider(),
                    find_credential=find_own(asker.may_ask_about),
                    submission=submission,
                    admit=limits_of(asker.submitter),
                )
        except Refusal:
            # All places are taken or a limit is reached; what was decided before needs neither.
            if (repeated := service.find_repeated(report, submission)) is None:
                raise
            return repeated
    except service.SubmissionMismatch:
        message = "This key was used before, for another report. Use a fresh one."
        raise invalid([FieldError(IDEMPOTENCY_KEY, "key_reused", message)]) from None
    except service.RetryRefused:
        message = "Only a failed decision of your own on the same account can be retried."
        raise invalid([FieldError(RETRY_OF, "not_retryable", message)]) from None
    except service.LedgerUnavailable as unavailable:
        trace_id = unavailable.trace_id
        raise ledger_unavailable(**({"trace_id": trace_id} if trace_id else {})) from None
    except DatabaseFault:
        raise ledger_unavailable() from None
