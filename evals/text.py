"""A run as plain lines, for a terminal or a log."""

from collections import Counter
from collections.abc import Iterator

from decisions.suites import ForbiddenResult
from evals.comparison import Comparison, Earlier
from evals.judged import JudgedRun
from evals.outcomes import Outcome
from evals.statistics import Interval
from evals.summary import Summary


def report_lines(run: JudgedRun) -> Iterator[str]:
    summary, comparison = run.summary, run.comparison
    yield f"run       {run.started_at:%Y-%m-%d %H:%M %Z}, {run.lasted}"
    yield from _header(summary)
    yield from _failures(summary)
    yield from _tags(summary)
    yield from _measures(summary)
    yield from _rates(summary, run.threshold)
    if comparison:
        yield from _comparison(comparison, summary)
    yield ""
    yield from run.verdict.sentences
    if summary.header.provider == "rules":
        yield "Only the built-in rules were judged, against a lower threshold: this says nothing of a model."


def _header(summary: Summary) -> Iterator[str]:
    header = summary.header
    attempts = f"{len(summary.outcomes)} attempts, {header.repeat} at each case"
    yield f"suite     {header.suite} {header.suite_digest}, split {header.split}, {attempts}"
    yield f"prompt    {header.prompt_version}, {header.policy_version}, release {header.release}"
    yield f"provider  {header.provider}, model {', '.join(header.models) or 'none'}"


def _failures(summary: Summary) -> Iterator[str]:
    for outcome in sorted(summary.failures, key=lambda failed: failed.case.name):
        case = outcome.case
        acceptable, flaws = " or ".join(case.acceptable), ", ".join(_flaws(outcome, summary.forbidden))
        yield f"✗ {case.name}: {outcome.result}, not {acceptable} ({flaws}). {case.why}"
    for code, count in Counter(outcome.error_code for outcome in summary.faults).items():
        yield f"? could not measure {count}: {code}"


def _flaws(outcome: Outcome, forbidden: tuple[ForbiddenResult, ...]) -> Iterator[str]:
    found = [each.label.upper() for each in forbidden if outcome.is_forbidden(each)]
    yield from found or (() if outcome.decision_holds else ("decision",))
    if not outcome.evidence_holds:
        yield "evidence"
    if not outcome.trace_holds:
        yield "trace"


def _tags(summary: Summary) -> Iterator[str]:
    yield ""
    yield f"{'tag':20} {'passed':>10} {'rules':>10}"
    for row in summary.tags:
        ours, rules = f"{row.passed}/{row.measured}", f"{row.baseline_passed}/{row.baseline_measured}"
        yield f"{row.tag:20} {ours:>10} {rules:>10}"


def _measures(summary: Summary) -> Iterator[str]:
    if summary.measures:
        yield ""
        yield f"{'figure':28} {'run':>7} {'rules':>7}"
    for row in summary.measured_figures:
        value, baseline = ("-" if each is None else f"{each:.1%}" for each in (row.value, row.baseline))
        yield f"{row.measure.label:28} {value:>7} {baseline:>7}"


def _rates(summary: Summary, threshold: str) -> Iterator[str]:
    yield ""
    yield f"passed                {_share(summary.pass_rate)}"
    yield f"threshold             the low end must reach {threshold}"
    yield f"the rules' baseline   {_share(summary.baseline_rate)}"
    if (repeated := summary.pass_hat) is not None:
        yield f"pass^{summary.header.repeat}                {repeated:.1%} of cases pass every time"
        passed = sum(outcome.passed for outcome in summary.measured)
        yield f"attempts passed       {passed}/{len(summary.measured)}; a case counts by its worst"
    figures = summary.figures
    yield f"decision holds        {figures['decisions_hold']}/{figures['measured']}"
    yield f"evidence holds        {figures['evidence_holds']}/{figures['measured']}"
    yield f"stored trace holds    {figures['traces_hold']}/{figures['measured']}"
    for forbidden in summary.forbidden:
        yield f"{forbidden.label:20}  {figures[forbidden.slug]}"
    yield f"attacks that won      {figures['attacks_won']}/{len(summary.attacks)}"
    yield f"could not measure     {figures['faults']} of {len(summary.outcomes)}"
    if (times := summary.provider_ms) is not None:
        yield f"provider              median {times[0]} ms, 95 % within {times[1]} ms"
    tokens = f"{summary.tokens[0]} in, {summary.tokens[1]} out" if any(summary.tokens) else "not known"
    yield f"tokens                {tokens}"


def _share(rate: Interval) -> str:
    return f"{rate.successes}/{rate.trials} = {rate.share:.1%} (95 % {rate.low:.1%} to {rate.high:.1%})"


def _comparison(comparison: Comparison, summary: Summary) -> Iterator[str]:
    yield ""
    if comparison.earlier:
        yield from _both_runs(comparison.earlier, summary)
    yield f"against the earlier run, {comparison.common} cases in common:"
    yield from (f"  + {name}" for name in comparison.better)
    yield from (f"  - {name}" for name in comparison.worse)
    better, worse = len(comparison.better), len(comparison.worse)
    yield f"  {better} better, {worse} worse, exact McNemar p = {comparison.p:.4f}: {comparison.conclusion}"


def _both_runs(earlier: Earlier, summary: Summary) -> Iterator[str]:
    now, labels = summary.header, {each.slug: each.label for each in summary.forbidden}
    yield f"{'':20} {'right':>10} {'attacks won':>12}" + "".join(f"  {label}" for label in labels.values())
    for prompt, provider, figures in (
        (earlier.prompt_version, earlier.provider, earlier.figures),
        (now.prompt_version, " ".join([now.provider, *now.models]), summary.figures),
    ):
        right = f"{figures['passed']}/{figures['measured']}"
        counts = "".join(f"  {figures[slug]:>{len(label)}}" for slug, label in labels.items())
        yield f"{prompt:20} {right:>10} {figures['attacks_won']:>12}{counts}   {provider}"
