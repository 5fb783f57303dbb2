"""The marks of a submission: its submitter, interface and key, and the trace that it retries."""

from pydantic import ValidationError

from access.bodies import invalid
from access.fields import looks_like_secret
from access.refusals import FieldError
from decisions.workflow import Workflow
from traces.codes import Source
from traces.entries import Submission

IDEMPOTENCY_KEY, RETRY_OF = "Idempotency-Key", "Retry-Of"
KEY_SHAPE = FieldError(IDEMPOTENCY_KEY, "invalid", "Write 8 to 64 letters, digits, hyphens or underscores.")


def read_submission(
    workflow: Workflow, *, source: Source, submitter: str, key: str | None, retry_of: str | None
) -> Submission:
    """
    Validate the marks of a request. An empty mark counts as absent. A key that looks like a secret is refused.

    :raises Refusal: 422, naming the header or hidden field at fault
    """
    if key and looks_like_secret(key):
        raise invalid([FieldError(IDEMPOTENCY_KEY, "invalid", "This looks like a secret. Choose another key.")])
    retried = workflow.stored_id(retry_of) if retry_of else None
    try:
        return Submission(source=source, submitter=submitter, submission_key=key or None, retry_of=retried)
    except ValidationError as error:
        faults = {fault["loc"][0] for fault in error.errors(include_input=False)}
        words = workflow.words
        id_shape = FieldError(RETRY_OF, "invalid", f"Write the {words.id_label.lower()} of the failed {words.result}.")
        errors = {"submission_key": KEY_SHAPE, "retry_of": id_shape}
        raise invalid([each for name, each in errors.items() if name in faults]) from None
