"""
The check: compare what a model proposed with what our own records prove. Free of Django.

It cannot prove that the report is true. That part of the judgement stays with the model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import ValidationError

from boundary.strict_json import parse_strict_json
from decisions.contract import ClosedFields
from decisions.quotes import is_evidence
from decisions.wrapped import is_wrapped
from rotation.contract import (
    AnswerV1,
    AnswerV2,
    Condition,
    CredentialFacts,
    Decision,
    RotationReport,
)
from rotation.policy import PolicyLine


class Reason(StrEnum):
    """Why an answer was refused, in the order of the rules."""

    WRAPPED_ANSWER = "wrapped_answer"
    MALFORMED_ANSWER = "malformed_answer"
    MISSING_EVIDENCE = "missing_evidence"
    UNSUPPORTED_EVIDENCE = "unsupported_evidence"
    WINDOW_CONFLICT = "window_conflict"
    UNSUPPORTED_QUOTE = "unsupported_quote"
    INCONSISTENT_ANSWER = "inconsistent_answer"
    RECORD_STALE = "record_stale"
    AGE_UNKNOWN = "age_unknown"
    AGE_EXCEEDS_WINDOW = "age_exceeds_window"
    KIND_NOT_COVERED = "kind_not_covered"
    CREDENTIAL_NOT_ACTIVE = "credential_not_active"


@dataclass(frozen=True)
class Supported:
    decision: Decision
    line_ids: tuple[str, ...]


@dataclass(frozen=True)
class Unsupported:
    reason: Reason


Verdict = Supported | Unsupported


def check_answer(
    answer: str,
    report: RotationReport,
    facts: CredentialFacts,
    policy: PolicyLine,
    *,
    shape: type[AnswerV1] = AnswerV1,
) -> tuple[Verdict, ClosedFields | None]:
    """
    Judge a model's raw JSON text. An invalid answer is never repaired.

    The README's table lists the rules in their order; the first that fails names the reason. `shape` is the answer
    that the prompt asked for. A text of another shape has no closed fields.
    """
    try:
        parsed = parse_strict_json(answer, shape)
    except ValidationError:
        wrapped = is_wrapped(answer, shape)
        return Unsupported(Reason.WRAPPED_ANSWER if wrapped else Reason.MALFORMED_ANSWER), None
    return _check_parsed(parsed, report, facts, policy), _closed_fields(parsed, policy)


def check_facts(decision: Decision, line_ids: Sequence[str], facts: CredentialFacts, policy: PolicyLine) -> Verdict:
    """Judge a decision and its evidence by the trusted facts alone. `recheck` applies it to stored rows."""
    if not _evidence_holds(line_ids, policy):
        return Unsupported(Reason.UNSUPPORTED_EVIDENCE if policy.id in line_ids else Reason.MISSING_EVIDENCE)
    if decision is Decision.ELIGIBLE and (reason := _why_not_eligible(facts, policy)):
        return Unsupported(reason)
    return Supported(decision, (policy.id,))


def _why_not_eligible(facts: CredentialFacts, policy: PolicyLine) -> Reason | None:
    rules = (
        (policy.covers_observation(facts), Reason.RECORD_STALE),
        (facts.age_days is not None, Reason.AGE_UNKNOWN),
        (policy.covers_age(facts.age_days), Reason.AGE_EXCEEDS_WINDOW),
        (policy.covers_kind(facts.kind), Reason.KIND_NOT_COVERED),
        (policy.covers_state(facts.state), Reason.CREDENTIAL_NOT_ACTIVE),
    )
    return next((reason for holds, reason in rules if not holds), None)


def _check_parsed(answer: AnswerV1, report: RotationReport, facts: CredentialFacts, policy: PolicyLine) -> Verdict:
    if _evidence_holds(answer.source_line_ids, policy):
        if answer.rotation_window_days != policy.window_days:
            return Unsupported(Reason.WINDOW_CONFLICT)
        if isinstance(answer, AnswerV2):
            # Compare the decision with what the model itself says that it read.
            quote = answer.evidence_quote or ""
            if answer.decision is Decision.ELIGIBLE and not is_evidence(quote, report.shown_text):
                return Unsupported(Reason.UNSUPPORTED_QUOTE)
            if not _is_consistent(answer, facts, policy):
                return Unsupported(Reason.INCONSISTENT_ANSWER)
    return check_facts(answer.decision, answer.source_line_ids, facts, policy)


def _closed_fields(answer: AnswerV1, policy: PolicyLine) -> ClosedFields:
    cited = set(answer.source_line_ids)
    closed: ClosedFields = {
        "decision": answer.decision.value,
        "rotation_window_days": answer.rotation_window_days,
        "cites_policy": policy.id in cited,
        "cites_other": bool(cited - {policy.id}),
    }
    if isinstance(answer, AnswerV2):
        closed |= {"credential_kind": answer.credential_kind.value, "condition": answer.condition.value}
    return closed


def _evidence_holds(line_ids: Sequence[str], policy: PolicyLine) -> bool:
    return tuple(line_ids) == (policy.id,)


def _is_consistent(answer: AnswerV2, facts: CredentialFacts, policy: PolicyLine) -> bool:
    """Return whether the decision follows from kind and condition. `check_facts` compares it with the record."""
    about_a_key = policy.covers_kind(answer.credential_kind)
    stale_key = about_a_key and answer.condition is Condition.STALE
    if answer.decision is Decision.ELIGIBLE:
        return stale_key
    if answer.decision is Decision.NOT_ELIGIBLE:
        return not about_a_key and answer.condition is not Condition.INSTRUCTS_READER
    undecided = answer.condition in {Condition.UNCLEAR, Condition.INSTRUCTS_READER}
    return undecided or (about_a_key and not (stale_key and policy.covers(facts)))
