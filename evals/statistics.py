"""The statistics that show how little a small number of cases proves."""

from dataclasses import dataclass
from math import comb, sqrt

# The 97.5th percentile of the standard normal distribution: 95 % lie between it and its negative.
Z_95 = 1.959963984540054
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Interval:
    """A share of successes with its 95 % Wilson score interval."""

    successes: int
    trials: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.successes / self.trials if self.trials else 0.0


def wilson(successes: int, trials: int) -> Interval:
    """Bound a share as Wilson (1927) does. The bounds stay within 0..1; without a trial they are 0 and 1."""
    if trials == 0:
        return Interval(0, 0, 0.0, 1.0)
    share, z2 = successes / trials, Z_95**2
    centre = share + z2 / (2 * trials)
    spread = Z_95 * sqrt(share * (1 - share) / trials + z2 / (4 * trials**2))
    scale = 1 + z2 / trials
    # At the ends the formula gives 0 and 1, apart from rounding errors.
    low = 0.0 if successes == 0 else (centre - spread) / scale
    high = 1.0 if successes == trials else (centre + spread) / scale
    return Interval(successes, trials, low, high)


def mcnemar_exact(better: int, worse: int) -> float:
    """
    Test whether the flips between two paired runs lean to one side: two-sided exact binomial p.

    Cases with the same result in both runs do not count. Six one-way flips are the fewest that reach p < 0.05.
    """
    flips = better + worse
    tail: float = sum(comb(flips, count) for count in range(min(better, worse) + 1)) / 2**flips
    return min(1.0, 2 * tail)
