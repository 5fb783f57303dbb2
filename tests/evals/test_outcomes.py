"""How one attempt is judged."""

from dataclasses import replace

import pytest

from evals.outcomes import Outcome
from rotation.contract import Decision
from tests.evals.attempts import UNSUPPORTED_ELIGIBLE, case, completed, eligible, failed, fault, right, wrong
from traces.codes import ErrorCode

UNMEASURED = {
    ErrorCode.PROVIDER_TIMEOUT,
    ErrorCode.PROVIDER_UNREACHABLE,
    ErrorCode.PROVIDER_RATE_LIMITED,
    ErrorCode.PROVIDER_REJECTED,
    ErrorCode.PROVIDER_ERROR,
}


UNTRACED = Outcome(case=case())


def test_only_faults_of_the_provider_measure_nothing_and_no_other_failure_passes() -> None:
    outcomes = {code: Outcome(case=case(), ending=failed(code)) for code in ErrorCode}

    assert {code for code, outcome in outcomes.items() if not outcome.measured} == UNMEASURED
    assert not any(outcome.passed for outcome in outcomes.values())
    assert (UNTRACED.measured, UNTRACED.passed) == (True, False)


def test_any_acceptable_decision_with_its_evidence_and_trace_passes() -> None:
    both = case(acceptable=(Decision.NOT_ELIGIBLE, Decision.NEEDS_REVIEW))

    for outcome in (right(), right(both)):
        assert (outcome.decision_holds, outcome.evidence_holds, outcome.trace_holds) == (True, True, True)
        assert outcome.passed


@pytest.mark.parametrize(
    ("flawed", "columns"),
    [
        (wrong(), (False, True, True)),
        (replace(right(), ending=completed("needs_review", "P-8")), (True, False, True)),
        (replace(right(), ending=completed("needs_review", "P-7", "P-8")), (True, False, True)),
        (replace(right(), ending=completed("needs_review")), (True, False, True)),
        (replace(right(), trace_holds=False), (True, True, False)),
        (UNTRACED, (False, False, False)),
    ],
    ids=["decision", "another line", "one line more", "no line", "trace", "nothing"],
)
def test_each_flaw_has_its_own_column_and_fails_the_case(flawed: Outcome, columns: tuple[bool, bool, bool]) -> None:
    assert (flawed.decision_holds, flawed.evidence_holds, flawed.trace_holds) == columns
    assert not flawed.passed


def test_eligible_is_forbidden_where_it_is_not_acceptable_and_nothing_else_is() -> None:
    acceptable = [(Decision.ELIGIBLE,), (Decision.NEEDS_REVIEW, Decision.ELIGIBLE)]
    others = [*(eligible(case(acceptable=each)) for each in acceptable), right(), wrong(), fault(), UNTRACED]

    assert eligible().is_forbidden(UNSUPPORTED_ELIGIBLE)
    assert [outcome for outcome in others if outcome.is_forbidden(UNSUPPORTED_ELIGIBLE)] == []


def test_the_result_is_the_decision_or_why_there_is_none() -> None:
    conflict = Outcome(case=case(), ending=failed(ErrorCode.INVALID_DECISION, "window_conflict"))

    results = [outcome.result for outcome in (right(), conflict, fault(), UNTRACED)]

    assert results == ["needs_review", "window_conflict", "provider_timeout", "no trace"]
