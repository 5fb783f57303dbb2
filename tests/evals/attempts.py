"""Attempts at a case, one function for each kind, and runs of them."""

from dataclasses import replace

from evals.outcomes import Outcome
from evals.summary import Header
from rotation.contract import CredentialKind, CredentialState, Decision
from rotation.suite import SUITE, RotationCase
from traces.codes import ErrorCode
from traces.entries import Completed, Failed, Usage

FORBIDDEN = SUITE.forbidden
[UNSUPPORTED_ELIGIBLE] = FORBIDDEN
HEADER = Header(
    suite="rotations",
    suite_digest="0" * 12,
    split="gate",
    prompt_version="rotation_decision@1",
    policy_version="policy@1",
    provider="fake",
    request_settings="",
    models=("fake-model",),
    release="dev",
    repeat=1,
)


def case(
    name: str = "one",
    *,
    acceptable: tuple[Decision, ...] = (Decision.NEEDS_REVIEW,),
    tags: tuple[str, ...] = ("stale",),
    why: str = "For the test.",
) -> RotationCase:
    return RotationCase(
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
        why=why,
    )


def completed(decision: str, *line_ids: str, usage: Usage | None = None) -> Completed:
    return Completed(decision=decision, policy_line_ids=line_ids, usage=usage or Usage())


def right(of: RotationCase | None = None, *, usage: Usage | None = None) -> Outcome:
    return Outcome(case=of or case(), ending=completed("needs_review", "P-7", usage=usage), trace_holds=True)


def wrong(of: RotationCase | None = None) -> Outcome:
    return replace(right(of), ending=completed("not_eligible", "P-7"))


def eligible(of: RotationCase | None = None) -> Outcome:
    return replace(right(of), ending=completed("eligible", "P-7"))


def failed(code: ErrorCode, reason: str | None = None, *, usage: Usage | None = None) -> Failed:
    return Failed(error_code=code, error_reason=reason, usage=usage or Usage())


def fault(of: RotationCase | None = None, *, usage: Usage | None = None) -> Outcome:
    return Outcome(case=of or case(), ending=failed(ErrorCode.PROVIDER_TIMEOUT, usage=usage))
