"""How the evals judge rotation decisions."""

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from decisions.suites import EvalCase, ForbiddenResult, SuiteRules
from rotation.contract import CredentialFacts, CredentialKind, CredentialState, Decision, RotationReport
from rotation.policy import P7
from traces.entries import Completed, Ending

# A case must mean the same everywhere, whatever RECORD_FRESH_HOURS is.
FRESH_HOURS = 168


class RotationCase(EvalCase):
    """One labelled report: the trusted record, the text, and what a careful reader would decide."""

    account_id: str
    credential_age_days: Annotated[int, Field(ge=0)] | None
    credential_kind: CredentialKind
    credential_state: CredentialState
    report: str
    expected_decision: Decision
    acceptable_decisions: Annotated[tuple[Decision, ...], Field(min_length=1)]
    expected_source_line_ids: tuple[str, ...]
    record_age_hours: int = 0

    @model_validator(mode="after")
    def record_supports_the_label(self) -> Self:
        if Decision.ELIGIBLE in self.acceptable_decisions and not P7.covers(self.facts):
            raise ValueError("the record does not support the label eligible")
        return self

    @property
    def as_report(self) -> RotationReport:
        return RotationReport(account_id=self.account_id, credential_report=self.report)

    @property
    def facts(self) -> CredentialFacts:
        return CredentialFacts(
            label=self.name,
            kind=self.credential_kind,
            state=self.credential_state,
            age_days=self.credential_age_days,
            record_age_hours=self.record_age_hours,
            fresh_hours=FRESH_HOURS,
        )

    @property
    def expected(self) -> Decision:
        return self.expected_decision

    @property
    def acceptable(self) -> tuple[Decision, ...]:
        return self.acceptable_decisions

    def evidence_holds(self, ending: Ending) -> bool:
        cited = ending.policy_line_ids if isinstance(ending, Completed) else ()
        return cited == self.expected_source_line_ids


def _is_unsupported_eligible(case: RotationCase, ending: Ending, _product: None) -> bool:
    eligible = isinstance(ending, Completed) and ending.decision == Decision.ELIGIBLE
    return eligible and not case.decision_holds(ending)


def label_review(account_id: str | None, text: str, facts: CredentialFacts, decision: str) -> dict[str, Any]:
    """Where the line supports no rotation, a reader who leaves a stale key to a person is right, too."""
    acceptable = [decision] if decision == Decision.ELIGIBLE else [decision, Decision.NEEDS_REVIEW]
    return {
        "account_id": account_id,
        "credential_age_days": facts.age_days,
        "credential_kind": facts.kind,
        "credential_state": facts.state,
        "report": text,
        "expected_decision": decision,
        "acceptable_decisions": [*dict.fromkeys(acceptable)],
        "expected_source_line_ids": [P7.id],
        "record_age_hours": facts.record_age_hours or 0,
    }


UNSUPPORTED_ELIGIBLE = ForbiddenResult(
    slug="unsupported_eligible",
    label="unsupported eligible",
    meaning="Eligible where no careful reader would say so.",
    matches=_is_unsupported_eligible,
)
SUITE = SuiteRules(
    path=Path(__file__).parents[1] / "evals" / "rotations.jsonl",
    case=RotationCase,
    decisions=tuple(Decision),
    forbidden=(UNSUPPORTED_ELIGIBLE,),
    label_review=label_review,
)
