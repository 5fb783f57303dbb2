"""Which cases flipped between two runs, and what may be said of it."""

import pytest

from evals.comparison import Comparison, compare


def flips(better: int, worse: int) -> Comparison:
    """Compare two runs of 20 cases that both have, of which so many flipped."""
    wrong, right = [f"better-{number}" for number in range(better)], [f"worse-{number}" for number in range(worse)]
    same = dict.fromkeys([f"same-{number}" for number in range(20 - better - worse)], True)
    before = same | dict.fromkeys(wrong, False) | dict.fromkeys(right, True)
    now = same | dict.fromkeys(wrong, True) | dict.fromkeys(right, False)
    return compare(before, now)


def test_flips_are_told_by_name_in_order() -> None:
    before = {"d": True, "a": False, "c": False, "b": True, "same": True, "wrong": False}
    now = {"a": True, "b": False, "c": True, "d": False, "same": True, "wrong": False}

    assert compare(before, now) == Comparison(better=("a", "c"), worse=("b", "d"), common=6)


def test_only_what_both_runs_measured_is_compared() -> None:
    before = {"both": True, "gone": False, "gone-too": True}
    now = {"both": True, "new": False, "new-too": True}

    assert compare(before, now) == Comparison(better=(), worse=(), common=1)


def test_runs_without_a_common_case_cannot_be_told_apart() -> None:
    comparison = compare({"one": True}, {"two": False})

    assert comparison.common == 0
    assert (comparison.p, comparison.conclusion) == (1, "cannot tell")


@pytest.mark.parametrize(
    ("better", "worse", "p"),
    [
        pytest.param(0, 0, 1, id="no flip"),
        pytest.param(6, 0, 0.03125, id="six better"),
        pytest.param(0, 6, 0.03125, id="six worse"),
        pytest.param(10, 2, 0.0386, id="ten better, two worse"),
    ],
)
def test_p_is_that_of_the_exact_mcnemar_test(better: int, worse: int, p: float) -> None:
    assert flips(better, worse).p == pytest.approx(p, abs=5e-5)


@pytest.mark.parametrize("one_way", range(6))
def test_below_six_one_way_flips_nothing_can_be_told(one_way: int) -> None:
    assert flips(one_way, 0).conclusion == "cannot tell"
    assert flips(0, one_way).conclusion == "cannot tell"


@pytest.mark.parametrize(
    ("better", "worse", "conclusion"),
    [
        pytest.param(6, 0, "better", id="six better"),
        pytest.param(0, 6, "worse", id="six worse"),
        pytest.param(10, 2, "better", id="ten better, two worse"),
        pytest.param(2, 10, "worse", id="two better, ten worse"),
        pytest.param(6, 1, "cannot tell", id="six better, one worse"),
        pytest.param(10, 10, "cannot tell", id="ten each way"),
    ],
)
def test_many_flips_are_told_if_they_lean_to_one_side(better: int, worse: int, conclusion: str) -> None:
    assert flips(better, worse).conclusion == conclusion
