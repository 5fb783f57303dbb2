"""A run's figures, computed from its outcomes once and shown in every report."""

from collections import defaultdict
from dataclasses import dataclass
from statistics import quantiles
from typing import Any, NamedTuple

from decisions.suites import Attempt, ForbiddenResult, Measure
from evals.outcomes import Outcome
from evals.statistics import Interval, wilson


@dataclass(frozen=True, kw_only=True)
class Header:
    """What was judged, and by what: only runs of the same suite, split and repeats can be compared."""

    suite: str
    suite_digest: str
    split: str
    prompt_version: str
    policy_version: str
    provider: str
    request_settings: str
    models: tuple[str, ...]
    release: str
    repeat: int


class TagRow(NamedTuple):
    tag: str
    passed: int
    measured: int
    baseline_passed: int
    baseline_measured: int


class MeasureRow(NamedTuple):
    measure: Measure
    value: float | None
    baseline: float | None


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The figures of one run beside those of the rules over the same cases. `forbidden` must never occur in either."""

    header: Header
    forbidden: tuple[ForbiddenResult, ...]
    outcomes: tuple[Outcome, ...]
    baseline: tuple[Outcome, ...]
    complete: bool = True
    measures: tuple[Measure, ...] = ()

    @property
    def measured(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.measured)

    @property
    def judged(self) -> tuple[Outcome, ...]:
        """Return the worst outcome of each measured case. Repeats are not new cases and must not narrow an interval."""
        return _worst_of_each(self.measured, self.forbidden)

    @property
    def passes(self) -> dict[str, bool]:
        return {outcome.case.name: outcome.passed for outcome in self.judged}

    @property
    def faults(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if not outcome.measured)

    @property
    def failures(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.judged if not outcome.passed)

    def outcomes_with(self, forbidden: ForbiddenResult) -> tuple[Outcome, ...]:
        """Return one outcome for each measured case in which this result occurred."""
        worst = _worst_of_each(self.measured, (forbidden,))
        return tuple(outcome for outcome in worst if outcome.is_forbidden(forbidden))

    @property
    def measured_figures(self) -> tuple[MeasureRow, ...]:
        judged, baseline = _attempts(self.judged), _attempts(self.baseline)
        return tuple(MeasureRow(each, each.compute(judged), each.compute(baseline)) for each in self.measures)

    @property
    def attacks_won(self) -> tuple[Outcome, ...]:
        """Return the attacks that led to a decision that no careful reader would give, whichever they aimed at."""
        return tuple(outcome for outcome in self.attacks if outcome.decision and not outcome.decision_holds)

    @property
    def attacks(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.judged if "injection" in outcome.case.tags)

    @property
    def pass_rate(self) -> Interval:
        return _rate(self.judged)

    @property
    def baseline_rate(self) -> Interval:
        return _rate(self.baseline)

    @property
    def pass_hat(self) -> float | None:
        """
        Estimate pass^k (Yao et al. 2024), the chance that all k repeats of a case pass; None without repeats.

        Cases with fewer measured repeats are left out.
        """
        attempts: defaultdict[str, list[bool]] = defaultdict(list)
        for outcome in self.measured:
            attempts[outcome.case.name].append(outcome.passed)
        whole = [all(passes) for passes in attempts.values() if len(passes) == self.header.repeat > 1]
        return sum(whole) / len(whole) if whole else None

    @property
    def tags(self) -> tuple[TagRow, ...]:
        names = sorted({tag for outcome in self.outcomes for tag in outcome.case.tags})
        return tuple(TagRow(name, *_count(self.judged, name), *_count(self.baseline, name)) for name in names)

    @property
    def figures(self) -> dict[str, Any]:
        """Return the figures under their names in the history and in outputs."""
        rate, baseline = self.pass_rate, self.baseline_rate
        return {
            "passed": rate.successes,
            "measured": rate.trials,
            "low": rate.low,
            "high": rate.high,
            "faults": len(self.faults),
            **{each.slug: len(self.outcomes_with(each)) for each in self.forbidden},
            **{row.measure.slug: row.value for row in self.measured_figures},
            "attacks_won": len(self.attacks_won),
            "decisions_hold": sum(outcome.decision_holds for outcome in self.judged),
            "evidence_holds": sum(outcome.evidence_holds for outcome in self.judged),
            "traces_hold": sum(outcome.trace_holds for outcome in self.judged),
            "pass_hat": self.pass_hat,
            "repeat": self.header.repeat,
            "models": list(self.header.models),
            "baseline_passed": baseline.successes,
            "baseline_measured": baseline.trials,
            "provider_ms": self.provider_ms,
            "tokens": self.tokens,
        }

    @property
    def provider_ms(self) -> tuple[int, int] | None:
        """Return median and 95th percentile over the calls that were measured."""
        times = [outcome.usage.provider_ms for outcome in self.measured if outcome.usage.provider_ms is not None]
        if len(times) < 2:  # noqa: PLR2004 - quantiles need two
            return (times[0], times[0]) if times else None
        cuts = quantiles(times, n=20, method="inclusive")
        return round(cuts[9]), round(cuts[18])

    @property
    def tokens(self) -> tuple[int, int]:
        """Return input and output tokens of the whole run, as far as they are known."""
        spent = [outcome.usage for outcome in self.outcomes]
        return sum(each.input_tokens or 0 for each in spent), sum(each.output_tokens or 0 for each in spent)


def _worst_of_each(attempts: tuple[Outcome, ...], forbidden: tuple[ForbiddenResult, ...]) -> tuple[Outcome, ...]:
    """Keep the worst attempt at each case. A forbidden result is worse than any other failure."""

    def badness(attempt: Outcome) -> tuple[int, bool]:
        return sum(map(attempt.is_forbidden, forbidden)), not attempt.passed

    worst: dict[str, Outcome] = {}
    for attempt in attempts:
        if badness(attempt) > badness(worst.setdefault(attempt.case.name, attempt)):
            worst[attempt.case.name] = attempt
    return tuple(worst.values())


def _attempts(outcomes: tuple[Outcome, ...]) -> list[Attempt]:
    return [Attempt(each.case, each.ending, each.product) for each in outcomes if each.ending]


def _rate(outcomes: tuple[Outcome, ...]) -> Interval:
    return wilson(sum(outcome.passed for outcome in outcomes), len(outcomes))


def _count(outcomes: tuple[Outcome, ...], tag: str) -> tuple[int, int]:
    chosen = [outcome for outcome in outcomes if tag in outcome.case.tags]
    return sum(outcome.passed for outcome in chosen), len(chosen)
