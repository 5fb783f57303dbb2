"""Attempts at a case, each of its own sort."""

from dataclasses import replace

from evals.cases import EvalCase
from evals.outcomes import Outcome
from rotation.contract import CredentialKind, CredentialState, Decision
from traces.codes import ErrorCode


def case(
    name: str = "one",
    *,
    acceptable: tuple[Decision, ...] = (Decision.NEEDS_REVIEW,),
    tags: tuple[str, ...] = ("stale",),
) -> EvalCase:
    return EvalCase(
        name=name,
        account_id="acct_10234",
        credential_age_days=12,
        credential_kind=CredentialKind.SERVICE_ACCOUNT_KEY,
        credential_state=CredentialState.ACTIVE,
        report="The service-account key is stale.",
        expected_decision=acceptable[0],
        acceptable_decisions=acceptable,
        expected_source_line_ids=("P-7",),
        tags=tags,
        split="gate",
        why="For the test.",
    )


def right(of: EvalCase | None = None) -> Outcome:
    return Outcome(case=of or case(), decision="needs_review", line_ids=("P-7",), trace_holds=True)


def wrong(of: EvalCase | None = None) -> Outcome:
    return replace(right(of), decision="not_eligible")


def eligible(of: EvalCase | None = None) -> Outcome:
    return replace(right(of), decision="eligible")


def fault(of: EvalCase | None = None) -> Outcome:
    return Outcome(case=of or case(), error_code=ErrorCode.PROVIDER_TIMEOUT)
