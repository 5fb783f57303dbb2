"""The sentences that customers, operators and reviewers read. The keys are stored. The sentences may change."""

from django.template.defaultfilters import pluralize

from decisions.workflow import Line, ReviewWords, Words
from decisions.wrapped import WRAPPED
from rotation.check import Reason
from rotation.contract import CredentialFacts, Decision
from traces.codes import ErrorCode

WORDS = Words(
    title="Rotation decisions",
    report="report",
    result="decision",
    id_label="Trace id",
    not_retryable="No failed decision of yours on this account has this id.",
)

# By error code, and by the check's reason where that says more, for the sender of the report. decisions/sentences.py
# adds whom to ask where no retry helps.
SENTENCES: dict[str, str] = {
    **dict.fromkeys(ErrorCode, "Decision unavailable; retry safely."),
    ErrorCode.ACCOUNT_UNKNOWN: "We hold no credential record for this account or item; check both.",
    ErrorCode.CREDENTIAL_AMBIGUOUS: "This account has several active credentials; name one as the item.",
    ErrorCode.PROVIDER_REJECTED: "Decision unavailable: the model's server did not accept our question.",
    ErrorCode.PROVIDER_REFUSED: "Decision unavailable: the model declined to answer.",
    ErrorCode.INVALID_DECISION: "The answer did not pass our checks, so no decision was made.",
    **dict.fromkeys(
        (
            *(Reason.RECORD_STALE, Reason.AGE_UNKNOWN, Reason.AGE_EXCEEDS_WINDOW),
            *(Reason.KIND_NOT_COVERED, Reason.CREDENTIAL_NOT_ACTIVE),
        ),
        "The answer could not be proven from our records, so no decision was made.",
    ),
}

# Why the check refused an answer, for operators.
REASONS: dict[str, str] = {
    Reason.WRAPPED_ANSWER: WRAPPED,
    Reason.MALFORMED_ANSWER: "The answer was not the exact JSON shape that was asked for.",
    Reason.MISSING_EVIDENCE: "The answer did not cite the policy line.",
    Reason.UNSUPPORTED_EVIDENCE: "The answer cited something beside the policy line.",
    Reason.WINDOW_CONFLICT: "The answer named another window than the policy line's.",
    Reason.UNSUPPORTED_QUOTE: "The answer was eligible, and its quote is not in the report, or is too short.",
    Reason.INCONSISTENT_ANSWER: "The decision did not follow from the kind and condition that the answer named itself.",
    Reason.RECORD_STALE: "The answer was eligible, and our record was last observed too long ago, or in the future.",
    Reason.AGE_UNKNOWN: "The answer was eligible, and the issue day is not known in our record.",
    Reason.AGE_EXCEEDS_WINDOW: "The answer was eligible, and our record is outside the policy line's window.",
    Reason.KIND_NOT_COVERED: "The answer was eligible, and our record is of a kind that the line does not cover.",
    Reason.CREDENTIAL_NOT_ACTIVE: "The answer was eligible, and our record is not active.",
}

# What a reviewer may find. No outcome makes, approves or schedules anything.
REVIEW = ReviewWords(
    reviewable=Decision.NEEDS_REVIEW,
    outcomes={
        "rotation_supported": "The policy line supports a rotation. This review did not rotate anything.",
        "rotation_not_supported": "The policy line does not support a rotation.",
        "cannot_tell": "What is known does not settle it.",
    },
    reasons={
        "confirmed_by_owner": "The account's owner confirmed what was reported.",
        "record_supports_it": "Our record of the credential supports it.",
        "record_is_wrong": "Our record of the credential is wrong or out of date.",
        "outside_window": "The credential is outside the policy line's window.",
        "not_covered": "The policy line does not cover this kind or state of credential.",
        "not_stale": "The credential is not stale.",
        "ambiguous": "What is known can be read in more than one way.",
        "instructs_reader": "The report tried to instruct its reader.",
        "other": "Another reason, given in the note.",
    },
    other_reason="other",
    labels={
        "rotation_supported": Decision.ELIGIBLE,
        "rotation_not_supported": Decision.NOT_ELIGIBLE,
        "cannot_tell": Decision.NEEDS_REVIEW,
    },
)


def describe_times(facts: CredentialFacts) -> dict[str, str]:
    """Describe for customers how old the credential and its record were, and how old a record may be."""
    record_age, fresh_time = (_describe_hours(hours or 0) for hours in (facts.record_age_hours, facts.fresh_hours))
    return {"age": _describe_age(facts.age_days), "record_age": record_age, "fresh_time": fresh_time}


def _describe_age(days: int | None) -> str:
    if not days:
        return "unknown" if days is None else "0 days: issued on the day of the request"
    counted = f"{abs(days):,} day{pluralize(abs(days))}"
    return counted if days > 0 else f"none: issued {counted} after the request"


def _describe_hours(hours: int) -> str:
    parts = zip(divmod(hours, 24), ("day", "hour"), strict=True)
    return " and ".join(f"{count:,} {unit}{pluralize(count)}" for count, unit in parts if count)


def describe_facts(facts: CredentialFacts | None) -> tuple[Line, ...]:
    """Describe the trusted facts of a trace for operators. None means that no record was found."""
    if facts is None:
        return (("Credential", "no trusted record was found"),)
    age = "Age", _describe_age(facts.age_days)
    lines = ("Credential", facts.label or "none"), ("Kind", facts.kind), ("State", facts.state), age
    if (hours := facts.record_age_hours) is None:
        return lines
    observed = "after the request" if hours < 0 else f"{hours:,} hour{pluralize(hours)} before"
    bound = f"bound {facts.fresh_hours:,}" if facts.fresh_hours else "no bound"
    return *lines, ("Record observed", f"{observed}, {bound}")
