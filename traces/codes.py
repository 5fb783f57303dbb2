"""The closed sets of the ledger. The values are the contract. The labels explain them to readers of the code."""

from django.db.models import TextChoices


class Status(TextChoices):
    """The state of a request: first `running`, then one of the other two for good."""

    RUNNING = "running", "The request is being worked on."
    COMPLETED = "completed", "The answer passed the check."
    FAILED = "failed", "There is no result; the error code says why."


class Source(TextChoices):
    """The interface by which the request came in."""

    WEB = "web", "The form"
    API = "api", "The JSON interface"
    EVAL = "eval", "The eval command"
    BATCH = "batch", "The decide_many command"


class ErrorCode(TextChoices):
    """Why a request failed. The sentence that its sender reads belongs to the workflow."""

    ACCOUNT_UNKNOWN = "account_unknown", "No trusted record was found."
    CREDENTIAL_AMBIGUOUS = "credential_ambiguous", "Several trusted records were found."
    PROVIDER_TIMEOUT = "provider_timeout", "The deadline passed."
    PROVIDER_UNREACHABLE = "provider_unreachable", "No connection was made."
    PROVIDER_RATE_LIMITED = "provider_rate_limited", "The provider refused further calls for now."
    PROVIDER_REJECTED = "provider_rejected", "The provider rejected the key, the model name or the request."
    PROVIDER_ERROR = "provider_error", "The provider failed, or its answer was unusable."
    PROVIDER_REFUSED = "provider_refused", "The model or a content filter refused to answer."
    INVALID_DECISION = "invalid_decision", "The answer failed the check."
    INTERRUPTED = "interrupted", "The process stopped before the end."
    INTERNAL_ERROR = "internal_error", "Our own code failed."


# The `error_reason` of an unknown account that the submitter may not ask about, whether or not it has a record.
NOT_A_MEMBER = "not_a_member"
# Codes that end a request before a model is asked.
BEFORE_ASKING = {ErrorCode.ACCOUNT_UNKNOWN, ErrorCode.CREDENTIAL_AMBIGUOUS}
WHO_ACTS: dict[ErrorCode, str] = {
    ErrorCode.ACCOUNT_UNKNOWN: "customer checks the id",
    ErrorCode.CREDENTIAL_AMBIGUOUS: "customer names the item",
    ErrorCode.PROVIDER_TIMEOUT: "customer retries",
    ErrorCode.PROVIDER_UNREACHABLE: "operator",
    ErrorCode.PROVIDER_RATE_LIMITED: "customer retries later",
    ErrorCode.PROVIDER_REJECTED: "operator",
    ErrorCode.PROVIDER_ERROR: "customer retries",
    ErrorCode.PROVIDER_REFUSED: "operator reviews",
    ErrorCode.INVALID_DECISION: "operator; reason on the row",
    ErrorCode.INTERRUPTED: "customer retries",
    ErrorCode.INTERNAL_ERROR: "engineer",
}
