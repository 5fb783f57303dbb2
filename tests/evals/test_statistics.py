"""Wilson, McNemar and pass^k against published values and values worked out by hand."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evals.statistics import Interval, mcnemar_exact, pass_hat_k, wilson

pytestmark = pytest.mark.any_database

SHARES = st.integers(1, 10_000).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials)))


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        pytest.param(30, 30, 0.8865, 1, id="30 of 30"),
        pytest.param(120, 120, 0.9690, 1, id="120 of 120"),
        pytest.param(0, 10, 0, 0.2775, id="0 of 10"),
        pytest.param(0, 20, 0, 0.1611, id="0 of 20, Newcombe 1998"),
        pytest.param(1, 10, 0.0179, 0.4042, id="1 of 10"),
        pytest.param(50, 100, 0.4038, 0.5962, id="50 of 100"),
        pytest.param(81, 263, 0.2553, 0.3662, id="81 of 263, Newcombe 1998"),
        pytest.param(15, 148, 0.0624, 0.1605, id="15 of 148, Newcombe 1998"),
        pytest.param(1, 29, 0.0061, 0.1718, id="1 of 29, Newcombe 1998"),
    ],
)
def test_wilson_equals_the_published_interval(successes: int, trials: int, low: float, high: float) -> None:
    interval = wilson(successes, trials)

    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


def test_no_trial_says_nothing_about_the_share() -> None:
    assert wilson(0, 0) == Interval(successes=0, trials=0, low=0.0, high=1.0)


def test_an_interval_without_trials_has_the_share_0() -> None:
    assert wilson(0, 0).share == 0


def test_an_interval_remembers_its_counts_and_share() -> None:
    interval = wilson(3, 4)

    assert (interval.successes, interval.trials, interval.share) == (3, 4, 0.75)


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
        pytest.param(0, 0, 1, id="no flip"),
        pytest.param(1, 0, 1, id="one flip"),
        pytest.param(1, 1, 1, id="one each way"),
        pytest.param(5, 0, 0.0625, id="five one way"),
        pytest.param(6, 0, 0.03125, id="six one way"),
        pytest.param(7, 1, 0.0703125, id="seven to one"),
        pytest.param(8, 1, 0.0390625, id="eight to one"),
        pytest.param(10, 2, 0.03857421875, id="ten to two"),
        pytest.param(5, 15, 0.04138946533203125, id="5 to 15"),
        pytest.param(6, 6, 1, id="six each way"),
    ],
)
def test_mcnemar_equals_the_exact_two_sided_binomial(better: int, worse: int, p: float) -> None:
    assert mcnemar_exact(better, worse) == pytest.approx(p, rel=1e-12)


@given(st.integers(0, 300), st.integers(0, 300))
def test_mcnemar_is_a_probability_and_symmetric(better: int, worse: int) -> None:
    p = mcnemar_exact(better, worse)

    assert 0 < p <= 1
    assert p == mcnemar_exact(worse, better)


@pytest.mark.parametrize(
    ("results", "k", "expected"),
    [
        pytest.param([(2, 4)], 2, 1 / 6, id="one pair of six"),
        pytest.param([(3, 4)], 2, 1 / 2, id="three pairs of six"),
        pytest.param([(3, 5)], 3, 1 / 10, id="one triple of ten"),
        pytest.param([(1, 4)], 2, 0, id="fewer passes than k"),
        pytest.param([(4, 4)], 4, 1, id="every attempt passed"),
        pytest.param([(3, 4), (4, 4), (0, 4)], 2, 1 / 2, id="averaged over the cases"),
        pytest.param([(2, 4), (3, 3)], 3, 1 / 2, id="cases with unlike attempts weigh the same"),
    ],
)
def test_pass_hat_equals_the_value_worked_out_by_hand(results: list[tuple[int, int]], k: int, expected: float) -> None:
    assert pass_hat_k(results, k=k) == pytest.approx(expected)


@given(st.lists(SHARES, min_size=1, max_size=20))
def test_pass_hat_of_one_attempt_is_the_mean_share(results: list[tuple[int, int]]) -> None:
    mean = sum(passes / attempts for passes, attempts in results) / len(results)

    assert pass_hat_k(results, k=1) == pytest.approx(mean)


@pytest.mark.parametrize(
    "results",
    [
        pytest.param([], id="no case"),
        pytest.param([(1, 1)], id="too few attempts"),
        pytest.param([(2, 2), (1, 1)], id="too few attempts at one case"),
    ],
)
def test_pass_hat_without_k_attempts_at_every_case_is_refused(results: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="k attempts at every case"):
        pass_hat_k(results, k=2)
