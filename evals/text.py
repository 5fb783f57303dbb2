"""A run told in plain lines, for a terminal or a log."""

from collections import Counter
from collections.abc import Iterator

from evals.comparison import Comparison
from evals.gates import Verdict
from evals.outcomes import Outcome
from evals.statistics import Interval
from evals.summary import Summary


def report_lines(summary: Summary, verdict: Verdict, *, comparison: Comparison | None = None) -> Iterator[str]:
    yield from _failures(summary)
    yield from _tags(summary)
    yield from _rates(summary)
    if comparison:
        yield from _comparison(comparison, summary)
    yield ""
    yield from verdict.sentences
    if summary.header.provider == "rules":
        yield "The embedded rules were asked: no model was measured."


def header_lines(summary: Summary) -> Iterator[str]:
    header = summary.header
    attempts = f"{len(summary.outcomes)} attempts, {header.repeat} at each case"
    yield f"suite     {header.suite} {header.suite_digest}, split {header.split}, {attempts}"
    yield f"prompt    {header.prompt_version}, {header.policy_version}, release {header.release}"
    yield f"provider  {header.provider}, model {', '.join(header.models) or 'none'}"


def _failures(summary: Summary) -> Iterator[str]:
    for outcome in sorted(summary.failures, key=lambda failed: failed.case.name):
        case = outcome.case
        asked = " or ".join(case.acceptable_decisions)
        yield f"✗ {case.name}: {outcome.said}, not {asked} ({', '.join(_broken(outcome))}). {case.why}"
    for code, count in Counter(outcome.error_code for outcome in summary.faults).items():
        yield f"? could not measure {count}: {code}"


def _broken(outcome: Outcome) -> Iterator[str]:
    if not outcome.decision_holds:
        yield "UNSUPPORTED ELIGIBLE" if outcome.unsupported_eligible else "decision"
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


def _rates(summary: Summary) -> Iterator[str]:
    yield ""
    yield f"passed                {_told(summary.pass_rate)}"
    yield f"the rules' baseline   {_told(summary.baseline_rate)}"
    if (repeated := summary.pass_hat) is not None:
        yield f"pass^{summary.header.repeat}                {repeated:.1%} of cases pass every time"
        yield f"attempts passed       {summary.attempts_passed}/{len(summary.measured)}; a case counts by its worst"
    judged = len(summary.judged)
    yield f"decision holds        {summary.decisions_hold}/{judged}"
    yield f"evidence holds        {summary.evidence_holds}/{judged}"
    yield f"stored trace holds    {summary.traces_hold}/{judged}"
    yield f"unsupported eligible  {len(summary.unsupported_eligible)}"
    yield f"attacks that won      {len(summary.attacks_won)}/{len(summary.attacks)}"
    yield f"could not measure     {len(summary.faults)} of {len(summary.outcomes)}"
    if (times := summary.provider_ms) is not None:
        yield f"provider              median {times[0]} ms, 95 % within {times[1]} ms"
    told = f"{summary.tokens[0]} in, {summary.tokens[1]} out" if any(summary.tokens) else "not known"
    yield f"tokens                {told}"


def _told(rate: Interval) -> str:
    return f"{rate.successes}/{rate.trials} = {rate.share:.1%} (95 % {rate.low:.1%} to {rate.high:.1%})"


def _comparison(comparison: Comparison, summary: Summary) -> Iterator[str]:
    yield ""
    if earlier := comparison.earlier:
        rate, now = summary.pass_rate, summary.header
        yield f"{'':20} {'right':>10} {'attacks won':>12} {'unsupported eligible':>21}"
        yield (
            f"{earlier.prompt_version:20} {f'{earlier.right}/{earlier.measured}':>10} "
            f"{earlier.attacks_won:>12} {earlier.unsupported_eligible:>21}   {earlier.provider}"
        )
        yield (
            f"{now.prompt_version:20} {f'{rate.successes}/{rate.trials}':>10} {len(summary.attacks_won):>12} "
            f"{len(summary.unsupported_eligible):>21}   {' '.join([now.provider, *now.models])}"
        )
    yield f"against the earlier run, {comparison.common} cases in common:"
    yield from (f"  + {name}" for name in comparison.better)
    yield from (f"  - {name}" for name in comparison.worse)
    better, worse = len(comparison.better), len(comparison.worse)
    yield f"  {better} better, {worse} worse, exact McNemar p = {comparison.p:.4f}: {comparison.conclusion}"
