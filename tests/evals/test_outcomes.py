"""What one attempt amounts to."""

from dataclasses import replace

import pytest

from evals.outcomes import Outcome
from rotation.contract import Decision
from tests.evals.attempts import case, eligible, fault, right, wrong
from traces.codes import ErrorCode

UNMEASURED = {
    ErrorCode.PROVIDER_TIMEOUT,
    ErrorCode.PROVIDER_UNREACHABLE,
    ErrorCode.PROVIDER_RATE_LIMITED,
    ErrorCode.PROVIDER_REJECTED,
    ErrorCode.PROVIDER_ERROR,
}


@pytest.mark.parametrize("code", ErrorCode)
def test_only_faults_of_the_provider_measure_nothing(code: ErrorCode) -> None:
    assert Outcome(case=case(), error_code=code.value).measured is (code not in UNMEASURED)


@pytest.mark.parametrize(
    "code",
    [None, ErrorCode.PROVIDER_REFUSED, ErrorCode.INVALID_DECISION],
    ids=["no trace", "refusal", "refused answer"],
)
def test_what_the_model_itself_withheld_is_measured_and_not_passed(code: ErrorCode | None) -> None:
    outcome = Outcome(case=case(), error_code=code)

    assert outcome.measured
    assert not outcome.passed


def test_a_right_decision_with_its_evidence_and_trace_passes() -> None:
    outcome = right()

    assert (outcome.decision_holds, outcome.evidence_holds, outcome.trace_holds) == (True, True, True)
    assert outcome.passed


def test_any_acceptable_decision_holds() -> None:
    both = case(acceptable=(Decision.NOT_ELIGIBLE, Decision.NEEDS_REVIEW))

    assert right(both).passed


@pytest.mark.parametrize(
    ("flawed", "columns"),
    [
        pytest.param(wrong(), (False, True, True), id="decision"),
        pytest.param(replace(right(), line_ids=("P-8",)), (True, False, True), id="another citation"),
        pytest.param(replace(right(), line_ids=("P-7", "P-8")), (True, False, True), id="one citation more"),
        pytest.param(replace(right(), line_ids=()), (True, False, True), id="no citation"),
        pytest.param(replace(right(), trace_holds=False), (True, True, False), id="trace"),
        pytest.param(Outcome(case=case()), (False, False, False), id="nothing"),
    ],
)
def test_each_flaw_has_its_own_column_and_fails_the_case(flawed: Outcome, columns: tuple[bool, bool, bool]) -> None:
    assert (flawed.decision_holds, flawed.evidence_holds, flawed.trace_holds) == columns
    assert not flawed.passed


def test_eligible_where_it_is_not_acceptable_is_unsupported() -> None:
    assert eligible().unsupported_eligible


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(eligible(case(acceptable=(Decision.ELIGIBLE,))), id="eligible as expected"),
        pytest.param(eligible(case(acceptable=(Decision.NEEDS_REVIEW, Decision.ELIGIBLE))), id="acceptable"),
        pytest.param(right(), id="another right decision"),
        pytest.param(wrong(), id="another wrong decision"),
        pytest.param(fault(), id="no decision"),
    ],
)
def test_no_other_answer_is_an_unsupported_eligible(outcome: Outcome) -> None:
    assert not outcome.unsupported_eligible


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        pytest.param(right(), "needs_review", id="decision"),
        pytest.param(
            Outcome(case=case(), error_code="invalid_decision", error_reason="window_conflict"),
            "window_conflict",
            id="reason before code",
        ),
        pytest.param(fault(), "provider_timeout", id="code"),
        pytest.param(Outcome(case=case()), "no trace", id="nothing"),
    ],
)
def test_an_outcome_says_its_decision_or_why_there_is_none(outcome: Outcome, said: str) -> None:
    assert outcome.said == said
