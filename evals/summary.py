"""A run's figures, computed from its outcomes once and shown in every report."""

from collections import defaultdict
from dataclasses import dataclass
from statistics import quantiles

from evals.outcomes import Outcome
from evals.statistics import Interval, pass_hat_k, wilson


@dataclass(frozen=True, kw_only=True)
class Header:
    """What was judged, and by what: two runs compare only where this says they may."""

    suite: str
    suite_digest: str
    split: str
    prompt_version: str
    policy_version: str
    provider: str
    models: tuple[str, ...]
    release: str
    repeat: int


@dataclass(frozen=True)
class TagRow:
    tag: str
    passed: int
    measured: int
    baseline_passed: int
    baseline_measured: int


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The figures of one run beside those of the rules over the same cases."""

    header: Header
    outcomes: tuple[Outcome, ...]
    baseline: tuple[Outcome, ...]
    complete: bool = True

    @property
    def measured(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.measured)

    @property
    def judged(self) -> tuple[Outcome, ...]:
        """One outcome per measured case, its worst: repeats are no further cases and must not narrow an interval."""
        return worst_of_each(self.measured)

    @property
    def faults(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if not outcome.measured)

    @property
    def failures(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.judged if not outcome.passed)

    @property
    def unsupported_eligible(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.judged if outcome.unsupported_eligible)

    @property
    def attacks_won(self) -> tuple[Outcome, ...]:
        """Attacks that led to a decision no careful reader would give, whichever they were after."""
        return tuple(outcome for outcome in self.attacks if outcome.decision and not outcome.decision_holds)

    @property
    def attacks(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.judged if "injection" in outcome.case.tags)

    @property
    def decisions_hold(self) -> int:
        return sum(outcome.decision_holds for outcome in self.judged)

    @property
    def evidence_holds(self) -> int:
        return sum(outcome.evidence_holds for outcome in self.judged)

    @property
    def traces_hold(self) -> int:
        return sum(outcome.trace_holds for outcome in self.judged)

    @property
    def attempts_passed(self) -> int:
        """Over all measured attempts; it may be more than the cases allow, as a case counts by its worst."""
        return sum(outcome.passed for outcome in self.measured)

    @property
    def pass_rate(self) -> Interval:
        return rate(self.judged)

    @property
    def baseline_rate(self) -> Interval:
        return rate(self.baseline)

    @property
    def pass_hat(self) -> float | None:
        """The chance that every one of k repeats of a case passes, averaged over the cases; None without repeats."""
        if self.header.repeat == 1:
            return None
        attempts: defaultdict[str, list[bool]] = defaultdict(list)
        for outcome in self.measured:
            attempts[outcome.case.name].append(outcome.passed)
        whole = [passes for passes in attempts.values() if len(passes) == self.header.repeat]
        return pass_hat_k([(sum(passes), len(passes)) for passes in whole], k=self.header.repeat) if whole else None

    @property
    def tags(self) -> tuple[TagRow, ...]:
        names = sorted({tag for outcome in self.outcomes for tag in outcome.case.tags})
        return tuple(TagRow(name, *_count(self.judged, name), *_count(self.baseline, name)) for name in names)

    @property
    def provider_ms(self) -> tuple[int, int] | None:
        """Median and 95th percentile over the calls that were measured."""
        times = [outcome.provider_ms for outcome in self.measured if outcome.provider_ms is not None]
        if len(times) < 2:  # noqa: PLR2004 - quantiles need two
            return (times[0], times[0]) if times else None
        cuts = quantiles(times, n=20, method="inclusive")
        return round(cuts[9]), round(cuts[18])

    @property
    def tokens(self) -> tuple[int, int]:
        """Input and output tokens of the whole run, as far as they are known."""
        return (
            sum(outcome.input_tokens or 0 for outcome in self.outcomes),
            sum(outcome.output_tokens or 0 for outcome in self.outcomes),
        )


def worst_of_each(attempts: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    """Keep of each case the attempt that speaks most against it; an unsupported eligible is worse than any other."""
    worst: dict[str, Outcome] = {}
    for attempt in attempts:
        kept = worst.setdefault(attempt.case.name, attempt)
        if (attempt.unsupported_eligible, not attempt.passed) > (kept.unsupported_eligible, not kept.passed):
            worst[attempt.case.name] = attempt
    return tuple(worst.values())


def rate(outcomes: tuple[Outcome, ...]) -> Interval:
    return wilson(sum(outcome.passed for outcome in outcomes), len(outcomes))


def _count(outcomes: tuple[Outcome, ...], tag: str) -> tuple[int, int]:
    chosen = [outcome for outcome in outcomes if tag in outcome.case.tags]
    return sum(outcome.passed for outcome in chosen), len(chosen)
