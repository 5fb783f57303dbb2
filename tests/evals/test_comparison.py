"""Which cases flipped between two runs, and what can be concluded from it."""

import pytest

from evals.comparison import Comparison, compare


def flips(better: int, worse: int) -> Comparison:
    """Compare two runs of the same 20 cases, of which so many flipped."""
    wrong, right = [f"better-{number}" for number in range(better)], [f"worse-{number}" for number in range(worse)]
    same = dict.fromkeys([f"same-{number}" for number in range(20 - better - worse)], True)
    before = same | dict.fromkeys(wrong, False) | dict.fromkeys(right, True)
    now = same | dict.fromkeys(wrong, True) | dict.fromkeys(right, False)
    return compare(before, now)


def test_flips_of_what_both_runs_measured_are_listed_by_name_in_order() -> None:
    before = {"d": True, "a": False, "c": False, "b": True, "same": True, "wrong": False, "gone": False, "old": True}
    now = {"a": True, "b": False, "c": True, "d": False, "same": True, "wrong": False, "new": False, "young": True}

    assert compare(before, now) == Comparison(better=("a", "c"), worse=("b", "d"), common=6)


def test_runs_without_a_common_case_cannot_be_compared() -> None:
    comparison = compare({"one": True}, {"two": False})

    assert comparison.common == 0
    assert (comparison.p, comparison.conclusion) == (1, "cannot tell")


@pytest.mark.parametrize(
    ("better", "worse", "p", "conclusion"),
    [
        *((0, 0, 1, "cannot tell"), (5, 0, 0.0625, "cannot tell"), (0, 5, 0.0625, "cannot tell")),
        *((6, 0, 0.03125, "better"), (0, 6, 0.03125, "worse"), (6, 1, 0.125, "cannot tell")),
        *((10, 2, 0.0386, "better"), (2, 10, 0.0386, "worse"), (10, 10, 1, "cannot tell")),
    ],
)
def test_flips_are_significant_if_six_or_more_lean_to_one_side(
    better: int, worse: int, p: float, conclusion: str
) -> None:
    """By the exact McNemar test."""
    comparison = flips(better, worse)

    assert comparison.p == pytest.approx(p, abs=5e-5)
    assert comparison.conclusion == conclusion
