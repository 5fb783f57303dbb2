"""Wilson and McNemar against published values and values worked out by hand."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evals.statistics import Interval, mcnemar_exact, wilson

pytestmark = pytest.mark.any_database

SHARES = st.integers(1, 10_000).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials)))


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        *((30, 30, 0.8865, 1), (120, 120, 0.9690, 1), (0, 10, 0, 0.2775), (1, 10, 0.0179, 0.4042)),
        (50, 100, 0.4038, 0.5962),
        # Newcombe 1998.
        *((0, 20, 0, 0.1611), (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (1, 29, 0.0061, 0.1718)),
    ],
)
def test_wilson_equals_the_published_interval(successes: int, trials: int, low: float, high: float) -> None:
    interval = wilson(successes, trials)

    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)
    assert (interval.successes, interval.trials, interval.share) == (successes, trials, successes / trials)


def test_no_trial_says_nothing_about_the_share() -> None:
    assert wilson(0, 0) == Interval(successes=0, trials=0, low=0.0, high=1.0)
    assert wilson(0, 0).share == 0


@given(SHARES)
@example((0, 3))
@example((30, 30))
def test_wilson_stays_within_0_and_1_and_contains_the_share(counts: tuple[int, int]) -> None:
    interval = wilson(*counts)

    assert 0 <= interval.low <= interval.share <= interval.high <= 1


@given(SHARES)
def test_wilson_of_the_failures_mirrors_that_of_the_successes(counts: tuple[int, int]) -> None:
    successes, trials = counts

    passes, failures = wilson(successes, trials), wilson(trials - successes, trials)

    assert (passes.low, passes.high) == pytest.approx((1 - failures.high, 1 - failures.low))


@given(SHARES)
def test_ten_times_the_trials_narrow_the_interval(counts: tuple[int, int]) -> None:
    successes, trials = counts

    few, many = wilson(successes, trials), wilson(10 * successes, 10 * trials)

    assert many.high - many.low < few.high - few.low


@pytest.mark.parametrize(
    ("better", "worse", "p"),
    [
        *((0, 0, 1), (1, 0, 1), (1, 1, 1), (6, 6, 1), (5, 0, 0.0625), (6, 0, 0.03125), (7, 1, 0.0703125)),
        *((8, 1, 0.0390625), (10, 2, 0.03857421875), (5, 15, 0.04138946533203125)),
    ],
)
def test_mcnemar_equals_the_exact_two_sided_binomial(better: int, worse: int, p: float) -> None:
    assert mcnemar_exact(better, worse) == pytest.approx(p, rel=1e-12)


@given(st.integers(0, 300), st.integers(0, 300))
def test_mcnemar_is_a_probability_and_symmetric(better: int, worse: int) -> None:
    p = mcnemar_exact(better, worse)

    assert 0 < p <= 1
    assert p == mcnemar_exact(worse, better)
