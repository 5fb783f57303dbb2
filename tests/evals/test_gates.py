"""When a gate holds, falls short or cannot judge, in which words, and which thresholds are read."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evals.gates import CANNOT_JUDGE, FALLS_SHORT, HOLDS, Gate, Verdict, judge, load_gate
from evals.outcomes import Outcome
from evals.suites import SuiteError, SuiteFile, find_suite
from evals.summary import Summary
from tests.evals.attempts import FORBIDDEN, HEADER, case, completed, eligible, fault, right, wrong

RIGHT, WRONG, ELIGIBLE, FAULT = right(), wrong(), eligible(), fault()
CITES_ANOTHER_LINE = replace(RIGHT, ending=completed("needs_review", "P-8"))
UNTRACED = replace(RIGHT, trace_holds=False)
NONE = {"unsupported_eligible": 0}
GATE = Gate(minimum_low=0.85, maximum=NONE, maximum_fault_share=0.05)
THRESHOLDS = {"minimum_low": 0.9, "maximum_unsupported_eligible": 0, "maximum_fault_share": 0.1}


def summary(outcomes: list[Outcome], *, complete: bool = True) -> Summary:
    """Make a run of these outcomes, each at a case of its own."""
    named = tuple(replace(outcome, case=case(f"case-{number}")) for number, outcome in enumerate(outcomes))
    return Summary(header=HEADER, forbidden=FORBIDDEN, outcomes=named, baseline=(), complete=complete)


def short(*sentences: str) -> Verdict:
    return Verdict(FALLS_SHORT, ("The gate does not hold.", *sentences))


# ---------------------------------------------------------------- the verdict


def test_a_run_above_its_thresholds_holds_and_the_exit_codes_are_0_1_and_2() -> None:
    assert judge(summary([RIGHT] * 99 + [WRONG]), GATE) == Verdict(HOLDS, ("The gate holds.",))
    assert (HOLDS, FALLS_SHORT, CANNOT_JUDGE) == (0, 1, 2)


def test_30_of_30_is_enough_for_85_percent_and_21_of_21_is_not() -> None:
    assert judge(summary([RIGHT] * 30), GATE).code == HOLDS
    assert judge(summary([RIGHT] * 21), GATE) == short(
        "The pass rate may be as low as 84.5%; at least 85% is asked for."
    )


def test_every_kind_of_flaw_lowers_the_rate_until_it_falls_short() -> None:
    for flawed in (WRONG, CITES_ANOTHER_LINE, UNTRACED):
        assert judge(summary([RIGHT] * 30 + [flawed] * 30), GATE) == short(
            "The pass rate may be as low as 37.7%; at least 85% is asked for."
        )


def test_forbidden_results_beyond_their_threshold_fall_short_whatever_the_rate_is() -> None:
    lenient = GATE.model_copy(update={"maximum": {"unsupported_eligible": 1}})
    one, two = (summary([RIGHT] * 999 + [ELIGIBLE] * count) for count in (1, 2))

    assert judge(one, GATE) == short("1 unsupported eligible; at most 0 may be.")
    assert (judge(one, lenient).code, judge(two, lenient).code) == (HOLDS, FALLS_SHORT)


def test_both_reasons_are_given_and_the_dangerous_one_is_first() -> None:
    verdict = judge(summary([RIGHT] * 30 + [ELIGIBLE] * 30), GATE)

    assert verdict == short(
        "30 unsupported eligible; at most 0 may be.",
        "The pass rate may be as low as 37.7%; at least 85% is asked for.",
    )


def test_a_rate_just_below_its_threshold_is_not_rounded_up_to_it() -> None:
    verdict = judge(summary([RIGHT] * 158 + [WRONG] * 17), GATE)

    assert verdict.code == FALLS_SHORT
    assert "as low as 85.0%" not in verdict.sentences[1]


def test_faults_up_to_their_share_are_no_wrong_answers_and_more_cannot_be_judged() -> None:
    verdict = judge(summary([RIGHT] * 89 + [ELIGIBLE] * 5 + [FAULT] * 6), GATE)

    assert judge(summary([RIGHT] * 95 + [FAULT] * 5), GATE).code == HOLDS
    assert verdict == Verdict(CANNOT_JUDGE, ("The provider failed 6 of 100 calls; that measures nothing.",))


def test_a_run_that_measured_nothing_cannot_be_judged_by_any_gate() -> None:
    open_gate = Gate(minimum_low=0, maximum=NONE, maximum_fault_share=1)

    assert judge(summary([FAULT] * 3), open_gate).code == CANNOT_JUDGE
    assert judge(summary([]), GATE) == Verdict(CANNOT_JUDGE, ("No case was chosen; there is nothing to judge.",))


def test_a_run_that_was_stopped_is_not_judged() -> None:
    stopped = Verdict(CANNOT_JUDGE, ("The run was stopped before its end; nothing is judged.",))

    for outcomes in ([], [RIGHT] * 120, [WRONG] * 120, [FAULT]):
        assert judge(summary(outcomes, complete=False), GATE) == stopped


# ---------------------------------------------------------------- the thresholds


@pytest.fixture
def suite(tmp_path: Path) -> SuiteFile:
    """A suite that has no file of gates yet."""
    return replace(find_suite("rotations"), path=tmp_path / "mine.jsonl")


def write_gates(suite: SuiteFile, content: object) -> None:
    text = content if isinstance(content, str) else json.dumps(content)
    (suite.path.parent / "mine.gate.json").write_text(text)


def test_a_provider_has_the_gate_of_its_name_or_the_default_one(suite: SuiteFile) -> None:
    without_gates = load_gate(suite, "rules")

    write_gates(suite, {"default": THRESHOLDS, "rules": THRESHOLDS | {"minimum_low": 0.5}})

    assert without_gates == Gate(minimum_low=0.8, maximum=NONE, maximum_fault_share=0.05)
    assert load_gate(suite, "rules").minimum_low == 0.5
    assert load_gate(suite, "openai") == Gate(minimum_low=0.9, maximum=NONE, maximum_fault_share=0.1)


WRONG_GATES: tuple[object, ...] = (None, {"minimum_low": 0.9}, [["minimum_low", 0.9]])
WRONG_THRESHOLDS: tuple[dict[str, Any], ...] = (
    *({"surprise": 1}, {"maximum_surprise": 1}, {"maximum": {}}, {"maximum_fault_share": 1.1}),
    *({"minimum_low": 90}, {"minimum_low": "0.9"}, {"minimum_low": float("nan")}),
    *({"maximum_unsupported_eligible": -1}, {"maximum_unsupported_eligible": 0.5}),
)
WRONG_FILES: tuple[object, ...] = (
    *("", "{", [THRESHOLDS], None, {}, {"rules": THRESHOLDS}),
    *({"default": gate} for gate in WRONG_GATES),
    *({"default": THRESHOLDS | wrong} for wrong in WRONG_THRESHOLDS),
)


def test_a_file_of_another_shape_is_refused_by_its_name(suite: SuiteFile, subtests: pytest.Subtests) -> None:
    for content in WRONG_FILES:
        write_gates(suite, content)

        with subtests.test(repr(content)):
            with pytest.raises(SuiteError) as refused:
                load_gate(suite, "rules")
            assert str(refused.value) == "mine.gate.json: is not an object of gates with a default"


def test_a_model_may_never_say_an_unsupported_eligible_in_our_own_suite() -> None:
    gate = load_gate(find_suite("rotations"), "openai")

    assert gate.maximum == NONE
    assert gate.minimum_low >= 0.85


@pytest.mark.parametrize(("provider", "digest"), [("openai", "47d830e533e6"), ("rules", "76841d6da80d")])
def test_our_own_thresholds_keep_the_digest_that_stored_runs_have(provider: str, digest: str) -> None:
    assert load_gate(find_suite("rotations"), provider).digest == digest
