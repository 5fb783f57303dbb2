"""When a gate holds, falls short or cannot judge, in which words, and which thresholds are read."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from evals.cases import EvalCase, SuiteError, suite_path
from evals.gates import CANNOT_JUDGE, FALLS_SHORT, HOLDS, Gate, Verdict, judge, load_gate
from evals.outcomes import Outcome
from evals.summary import Header, Summary
from rotation.contract import CredentialKind, CredentialState, Decision
from traces.codes import ErrorCode

CASE = EvalCase(
    name="one",
    account_id="acct_10234",
    credential_age_days=12,
    credential_kind=CredentialKind.SERVICE_ACCOUNT_KEY,
    credential_state=CredentialState.ACTIVE,
    report="The service-account key is stale.",
    expected_decision=Decision.NEEDS_REVIEW,
    acceptable_decisions=(Decision.NEEDS_REVIEW,),
    expected_source_line_ids=("P-7",),
    tags=("stale",),
    split="gate",
    why="For the test.",
)
RIGHT = Outcome(case=CASE, decision="needs_review", line_ids=("P-7",), trace_holds=True)
WRONG = replace(RIGHT, decision="not_eligible")
CITES_ANOTHER_LINE = replace(RIGHT, line_ids=("P-8",))
UNTRACED = replace(RIGHT, trace_holds=False)
ELIGIBLE = replace(RIGHT, decision="eligible")
FAULT = Outcome(case=CASE, error_code=ErrorCode.PROVIDER_UNREACHABLE)
GATE = Gate(minimum_low=0.85, maximum_unsupported_eligible=0, maximum_fault_share=0.05)
THRESHOLDS = {"minimum_low": 0.9, "maximum_unsupported_eligible": 0, "maximum_fault_share": 0.1}


def summary(outcomes: list[Outcome], *, complete: bool = True) -> Summary:
    """Make a run of these outcomes, each at a case of its own."""
    named = [
        replace(outcome, case=CASE.model_copy(update={"name": f"case-{number}"}))
        for number, outcome in enumerate(outcomes)
    ]
    header = Header(
        suite="rotations",
        suite_digest="0" * 12,
        split="gate",
        prompt_version="rotation_decision@1",
        policy_version="policy@1",
        provider="fake",
        models=("fake-model",),
        release="dev",
        repeat=1,
    )
    return Summary(header=header, outcomes=tuple(named), baseline=(), complete=complete)


def short(*sentences: str) -> Verdict:
    return Verdict(FALLS_SHORT, ("The gate does not hold.", *sentences))


# ---------------------------------------------------------------- the verdict


def test_the_codes_are_those_that_people_rely_on() -> None:
    assert (HOLDS, FALLS_SHORT, CANNOT_JUDGE) == (0, 1, 2)


def test_a_run_above_its_thresholds_holds() -> None:
    assert judge(summary([RIGHT] * 99 + [WRONG]), GATE) == Verdict(HOLDS, ("The gate holds.",))


def test_30_of_30_is_enough_for_85_percent_and_21_of_21_is_not() -> None:
    assert judge(summary([RIGHT] * 30), GATE).code == HOLDS
    assert judge(summary([RIGHT] * 21), GATE) == short(
        "The pass rate may be as low as 84.5%; at least 85% is asked for."
    )


@pytest.mark.parametrize(
    "flawed",
    [
        pytest.param(WRONG, id="wrong answer"),
        pytest.param(CITES_ANOTHER_LINE, id="wrong citation"),
        pytest.param(UNTRACED, id="missing trace"),
    ],
)
def test_every_sort_of_flaw_lowers_the_rate_until_it_falls_short(flawed: Outcome) -> None:
    assert judge(summary([RIGHT] * 30 + [flawed] * 30), GATE) == short(
        "The pass rate may be as low as 37.7%; at least 85% is asked for."
    )


def test_one_unsupported_eligible_falls_short_whatever_the_rate_is() -> None:
    verdict = judge(summary([RIGHT] * 999 + [ELIGIBLE]), GATE)

    assert verdict == short("1 unsupported eligible; at most 0 may be.")


def test_unsupported_eligible_up_to_its_threshold_holds() -> None:
    lenient = GATE.model_copy(update={"maximum_unsupported_eligible": 1})

    assert judge(summary([RIGHT] * 999 + [ELIGIBLE]), lenient).code == HOLDS
    assert judge(summary([RIGHT] * 999 + [ELIGIBLE] * 2), lenient).code == FALLS_SHORT


def test_both_reasons_are_told_with_the_dangerous_one_first() -> None:
    verdict = judge(summary([RIGHT] * 30 + [ELIGIBLE] * 30), GATE)

    assert verdict == short(
        "30 unsupported eligible; at most 0 may be.",
        "The pass rate may be as low as 37.7%; at least 85% is asked for.",
    )


def test_a_rate_just_below_its_threshold_is_not_told_as_equal_to_it() -> None:
    verdict = judge(summary([RIGHT] * 158 + [WRONG] * 17), GATE)

    assert verdict.code == FALLS_SHORT
    assert "as low as 85.0%" not in verdict.sentences[1]


def test_too_many_faults_cannot_be_judged_whatever_else_came_out() -> None:
    verdict = judge(summary([RIGHT] * 89 + [ELIGIBLE] * 5 + [FAULT] * 6), GATE)

    assert verdict == Verdict(CANNOT_JUDGE, ("The provider failed 6 of 100 calls; that measures nothing.",))


def test_faults_up_to_their_share_are_no_wrong_answers() -> None:
    assert judge(summary([RIGHT] * 95 + [FAULT] * 5), GATE).code == HOLDS


def test_a_run_that_measured_nothing_cannot_be_judged_by_any_gate() -> None:
    open_gate = Gate(minimum_low=0, maximum_unsupported_eligible=0, maximum_fault_share=1)

    assert judge(summary([FAULT] * 3), open_gate).code == CANNOT_JUDGE


def test_without_a_case_there_is_nothing_to_judge() -> None:
    assert judge(summary([]), GATE) == Verdict(CANNOT_JUDGE, ("No case was chosen; there is nothing to judge.",))


@pytest.mark.parametrize(
    "outcomes", [[], [RIGHT] * 120, [WRONG] * 120, [FAULT]], ids=["none", "right", "wrong", "fault"]
)
def test_a_run_that_was_stopped_is_not_judged(outcomes: list[Outcome]) -> None:
    verdict = judge(summary(outcomes, complete=False), GATE)

    assert verdict == Verdict(CANNOT_JUDGE, ("The run was stopped before its end; nothing is judged.",))


# ---------------------------------------------------------------- the thresholds


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """The path of a suite; the file of its gates is not there yet."""
    return tmp_path / "mine.jsonl"


def write_gates(suite: Path, content: object) -> None:
    text = content if isinstance(content, str) else json.dumps(content)
    (suite.parent / "mine.gate.json").write_text(text)


def test_a_provider_has_the_gate_of_its_name(suite: Path) -> None:
    write_gates(suite, {"default": THRESHOLDS, "rules": THRESHOLDS | {"minimum_low": 0.5}})

    assert load_gate(suite, "rules").minimum_low == 0.5


def test_another_provider_has_the_default_gate(suite: Path) -> None:
    write_gates(suite, {"default": THRESHOLDS, "rules": THRESHOLDS | {"minimum_low": 0.5}})

    assert load_gate(suite, "openai") == Gate(minimum_low=0.9, maximum_unsupported_eligible=0, maximum_fault_share=0.1)


def test_a_suite_without_gates_tolerates_no_unsupported_eligible(suite: Path) -> None:
    assert load_gate(suite, "rules") == Gate(minimum_low=0.8, maximum_unsupported_eligible=0, maximum_fault_share=0.05)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("", id="empty"),
        pytest.param("{", id="cut short"),
        pytest.param([THRESHOLDS], id="array"),
        pytest.param(None, id="null"),
        pytest.param({}, id="no gate"),
        pytest.param({"rules": THRESHOLDS}, id="no default"),
        pytest.param({"default": None}, id="default is null"),
        pytest.param({"default": {"minimum_low": 0.9}}, id="threshold missing"),
        pytest.param({"default": THRESHOLDS | {"surprise": 1}}, id="unknown threshold"),
        pytest.param({"default": THRESHOLDS | {"minimum_low": 90}}, id="percent for a share"),
        pytest.param({"default": THRESHOLDS | {"minimum_low": "0.9"}}, id="share as text"),
        pytest.param({"default": THRESHOLDS | {"minimum_low": float("nan")}}, id="share that is no number"),
        pytest.param({"default": THRESHOLDS | {"maximum_unsupported_eligible": -1}}, id="negative count"),
        pytest.param({"default": THRESHOLDS | {"maximum_unsupported_eligible": 0.5}}, id="half a count"),
        pytest.param({"default": THRESHOLDS | {"maximum_fault_share": 1.1}}, id="more than all"),
    ],
)
def test_a_file_of_another_shape_is_refused_by_its_name(suite: Path, content: object) -> None:
    write_gates(suite, content)

    with pytest.raises(SuiteError) as refused:
        load_gate(suite, "rules")

    assert str(refused.value) == "mine.gate.json: is not an object of gates with a default"


def test_a_model_may_never_say_an_unsupported_eligible_in_our_own_suite() -> None:
    gate = load_gate(suite_path("rotations"), "openai")

    assert gate.maximum_unsupported_eligible == 0
    assert gate.minimum_low >= 0.85
