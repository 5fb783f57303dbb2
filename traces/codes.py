"""The closed sets of the ledger. A value is the contract; a label of a source or code is what people read."""

from django.db.models import TextChoices

UNAVAILABLE = "Decision unavailable; retry safely."


class Status(TextChoices):
    """Where a request is: one `running`, then for ever one of the other two."""

    RUNNING = "running", "The decision is being made."
    COMPLETED = "completed", "A decision was made and holds against the trusted record."
    FAILED = "failed", "No decision was made; the error code says why."


class Source(TextChoices):
    """Which face the request came in by."""

    WEB = "web", "The form"
    API = "api", "The JSON interface"
    EVAL = "eval", "The eval command"


class ErrorCode(TextChoices):
    """Why a request failed, and the sentence its sender reads."""

    ACCOUNT_UNKNOWN = "account_unknown", "We hold no credential record for this account or item; check both."
    CREDENTIAL_AMBIGUOUS = "credential_ambiguous", "This account has several active credentials; name one as the item."
    PROVIDER_TIMEOUT = "provider_timeout", UNAVAILABLE
    PROVIDER_UNREACHABLE = "provider_unreachable", UNAVAILABLE
    PROVIDER_RATE_LIMITED = "provider_rate_limited", UNAVAILABLE
    PROVIDER_REJECTED = "provider_rejected", UNAVAILABLE
    PROVIDER_ERROR = "provider_error", UNAVAILABLE
    PROVIDER_REFUSED = "provider_refused", UNAVAILABLE
    INVALID_DECISION = "invalid_decision", "The answer could not be proven from our records, so no decision was made."
    INTERRUPTED = "interrupted", "The service stopped before a decision was made; retry safely."
    INTERNAL_ERROR = "internal_error", "Something went wrong on our side; no decision was made."


# What ends so has ended before a model was asked.
UNASKED = {ErrorCode.ACCOUNT_UNKNOWN, ErrorCode.CREDENTIAL_AMBIGUOUS}
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
