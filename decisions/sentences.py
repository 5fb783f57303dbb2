"""What the sender of a failed request reads: what happened, whether trying again can help, and whom to ask."""

from access.sign_in import support_contact
from decisions.workflow import Workflow
from traces.codes import ErrorCode
from traces.models import TraceRecord

FRESH_KEY = "This is the stored answer to this Idempotency-Key; use a fresh one to try again."
# The model's server would answer the same again.
FINAL = {ErrorCode.PROVIDER_REJECTED, ErrorCode.PROVIDER_REFUSED}


def sentence_of(workflow: Workflow, trace: TraceRecord) -> str | None:
    """Return what its sender reads of a failed trace, None for any other."""
    if trace.error_code is None:
        return None
    return failure_sentence(workflow, trace.error_code, trace.error_reason, retry_helps=retry_can_help(trace))


def failure_sentence(workflow: Workflow, code: str, reason: str | None, *, retry_helps: bool) -> str:
    sentence = workflow.sentences.get(reason or "") or workflow.sentences[code]
    return sentence if retry_helps else f"{sentence} Trying again will not help. {whom_to_ask(workflow)}"


def sentence_for_program(workflow: Workflow, trace: TraceRecord) -> str | None:
    """Return the same for JSON. A program that repeats its key learns why it gets the old answer."""
    sentence = sentence_of(workflow, trace)
    return f"{sentence} {FRESH_KEY}" if sentence and trace.is_repeated and retry_can_help(trace) else sentence


def retry_can_help(trace: TraceRecord) -> bool:
    """Return False also for an answer that failed the check on a retry as it did before."""
    if trace.error_code == ErrorCode.INVALID_DECISION and trace.retry_of:
        return not TraceRecord.objects.filter(pk=trace.retry_of, error_code=trace.error_code).exists()
    return trace.error_code not in FINAL


def whom_to_ask(workflow: Workflow) -> str:
    return f"Ask {support_contact()}, and quote the {workflow.words.id_label.lower()}."
