"""
The check: what a model proposed against what our own records prove. Free of Django.

It cannot prove that the report's story is true; that part of the judgement stays with the model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import ValidationError

from boundary.strict_json import parse_strict_json
from rotation.contract import AnswerV1, CredentialFacts, Decision, RotationReport
from rotation.policy import PolicyLine


class Reason(StrEnum):
    """Why an answer was refused, in the order the rules are asked."""

    MALFORMED_ANSWER = "malformed_answer"
    MISSING_EVIDENCE = "missing_evidence"
    UNSUPPORTED_EVIDENCE = "unsupported_evidence"
    WINDOW_CONFLICT = "window_conflict"
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


def check_answer(answer: str, report: RotationReport, facts: CredentialFacts, policy: PolicyLine) -> Verdict:
    """
    Judge a model's raw JSON text. An invalid answer is never repaired.

    The rules and their order are those of the README's table; the first that fails names the reason.
    """
    try:
        parsed = parse_strict_json(answer, AnswerV1)
    except ValidationError:
        return Unsupported(Reason.MALFORMED_ANSWER)
    if _evidence_holds(parsed.source_line_ids, policy) and parsed.rotation_window_days != policy.window_days:
        return Unsupported(Reason.WINDOW_CONFLICT)
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
