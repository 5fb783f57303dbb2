"""
The check: what a model proposed against what our own records prove. Free of Django.

It cannot prove that the report's story is true; that part of the judgement stays with the model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import ValidationError

from boundary.strict_json import parse_strict_json
from rotation.contract import AnswerV1, AnswerV2, Condition, CredentialFacts, Decision, RotationReport
from rotation.policy import PolicyLine


class Reason(StrEnum):
    """Why an answer was refused, in the order the rules are asked."""

    MALFORMED_ANSWER = "malformed_answer"
    MISSING_EVIDENCE = "missing_evidence"
    UNSUPPORTED_EVIDENCE = "unsupported_evidence"
    WINDOW_CONFLICT = "window_conflict"
    UNSUPPORTED_QUOTE = "unsupported_quote"
    INCONSISTENT_ANSWER = "inconsistent_answer"
    AGE_EXCEEDS_WINDOW = "age_exceeds_window"
    KIND_NOT_COVERED = "kind_not_covered"
    CREDENTIAL_NOT_ACTIVE = "credential_not_active"


# What each reason means, for whoever reads a trace.
SENTENCES = {
    Reason.MALFORMED_ANSWER: "The answer was not the exact JSON shape that was asked for.",
    Reason.MISSING_EVIDENCE: "The answer did not cite the policy line.",
    Reason.UNSUPPORTED_EVIDENCE: "The answer cited something beside the policy line.",
    Reason.WINDOW_CONFLICT: "The answer named another window than the policy line's.",
    Reason.UNSUPPORTED_QUOTE: "The answer was eligible, and what it quoted does not stand in the report.",
    Reason.INCONSISTENT_ANSWER: "The decision did not follow from the kind and condition that the answer named itself.",
    Reason.AGE_EXCEEDS_WINDOW: "The answer was eligible, and our record is outside the policy line's window.",
    Reason.KIND_NOT_COVERED: "The answer was eligible, and our record is of a kind that the line does not cover.",
    Reason.CREDENTIAL_NOT_ACTIVE: "The answer was eligible, and our record is not active.",
}


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
) -> Verdict:
    """
    Judge a model's raw JSON text. An invalid answer is never repaired.

    The rules and their order are those of the README's table; the first that fails names the reason. `shape` is the
    answer that the prompt asked for.
    """
    try:
        parsed = parse_strict_json(answer, shape)
    except ValidationError:
        return Unsupported(Reason.MALFORMED_ANSWER)
    if _evidence_holds(parsed.source_line_ids, policy):
        if parsed.rotation_window_days != policy.window_days:
            return Unsupported(Reason.WINDOW_CONFLICT)
        if isinstance(parsed, AnswerV2) and (reason := _reading_fault(parsed, report, facts, policy)):
            return Unsupported(reason)
    return check_facts(parsed.decision, parsed.source_line_ids, facts, policy)


def check_facts(decision: Decision, line_ids: Sequence[str], facts: CredentialFacts, policy: PolicyLine) -> Verdict:
    """Judge a decision and its evidence by the trusted record alone; a stored row can be judged again with it."""
    if not _evidence_holds(line_ids, policy):
        return Unsupported(Reason.UNSUPPORTED_EVIDENCE if policy.id in line_ids else Reason.MISSING_EVIDENCE)
    if decision is Decision.ELIGIBLE:
        if not policy.covers_age(facts.age_days):
            return Unsupported(Reason.AGE_EXCEEDS_WINDOW)
        if not policy.covers_kind(facts.kind):
            return Unsupported(Reason.KIND_NOT_COVERED)
        if not policy.covers_state(facts.state):
            return Unsupported(Reason.CREDENTIAL_NOT_ACTIVE)
    return Supported(decision, (policy.id,))


def _evidence_holds(line_ids: Sequence[str], policy: PolicyLine) -> bool:
    return tuple(line_ids) == (policy.id,)


def _reading_fault(
    answer: AnswerV2, report: RotationReport, facts: CredentialFacts, policy: PolicyLine
) -> Reason | None:
    """Hold a decision against what the model itself says it read."""
    if answer.decision is Decision.ELIGIBLE and not _quoted(answer.evidence_quote, report):
        return Reason.UNSUPPORTED_QUOTE
    return None if _follows(answer, facts, policy) else Reason.INCONSISTENT_ANSWER


def _quoted(quote: str | None, report: RotationReport) -> bool:
    return quote is not None and quote.strip() != "" and quote in report.shown_text


def _follows(answer: AnswerV2, facts: CredentialFacts, policy: PolicyLine) -> bool:
    """Ask whether kind and condition lead to the decision; what the record forbids is for `check_facts` to name."""
    about_a_key = policy.covers_kind(answer.credential_kind)
    stale_key = about_a_key and answer.condition is Condition.STALE
    if answer.decision is Decision.ELIGIBLE:
        return stale_key
    if answer.decision is Decision.NOT_ELIGIBLE:
        return not about_a_key and answer.condition is not Condition.INSTRUCTS_READER
    undecided = answer.condition in {Condition.UNCLEAR, Condition.INSTRUCTS_READER}
    return undecided or (about_a_key and not (stale_key and policy.covers(facts)))
