"""The marks of a submission: who sent it, by which face, under which key, and what it retries."""

from pydantic import ValidationError

from access.bodies import invalid
from access.fields import looks_like_secret
from access.refusals import FieldError
from traces.codes import Source
from traces.entries import Submission

IDEMPOTENCY_KEY, RETRY_OF = "Idempotency-Key", "Retry-Of"
ERRORS = {
    "submission_key": FieldError(IDEMPOTENCY_KEY, "invalid", "Write 8 to 64 letters, digits, hyphens or underscores."),
    "retry_of": FieldError(RETRY_OF, "invalid", "Write the trace id of the failed decision."),
}


def read_submission(*, source: Source, submitter: str, key: str | None, retry_of: str | None) -> Submission:
    """
    Check the marks that came with a request; an empty one is none.

    :raises Refusal: 422, naming the header or hidden field at fault; a key that looks like a secret is one
    """
    if key and looks_like_secret(key):
        raise invalid([ERRORS["submission_key"]])
    try:
        return Submission(source=source, submitter=submitter, submission_key=key or None, retry_of=retry_of or None)
    except ValidationError as error:
        raise invalid([ERRORS[str(fault["loc"][0])] for fault in error.errors(include_input=False)]) from None
