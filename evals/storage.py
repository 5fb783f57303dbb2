"""A run as data: a row of the history, and a file that a later run is compared with."""

import json
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

from evals.cases import SuiteError
from evals.comparison import Earlier
from evals.gates import HOLDS, Gate, Verdict
from evals.models import EvalRun
from evals.outcomes import Outcome
from evals.summary import Header, Summary


def store_run(
    summary: Summary,
    verdict: Verdict,
    *,
    gate: Gate,
    model: str,
    whole_split: bool,
    started_at: datetime,
    finished_at: datetime,
) -> EvalRun:
    """Keep a run in the history; `model` is the configured name, and the figures tell what answered."""
    header = summary.header
    return EvalRun.objects.create(
        suite=header.suite,
        suite_digest=header.suite_digest,
        split=header.split,
        prompt_version=header.prompt_version,
        policy_version=header.policy_version,
        provider=header.provider,
        model=model,
        release=header.release,
        gate_digest=gate.digest,
        gate_holds=verdict.code == HOLDS,
        whole_split=whole_split,
        figures=figures(summary),
        outcomes=[told(outcome) for outcome in summary.outcomes],
        started_at=started_at,
        finished_at=finished_at,
    )


def figures(summary: Summary) -> dict[str, Any]:
    rate, baseline = summary.pass_rate, summary.baseline_rate
    return {
        "passed": rate.successes,
        "measured": rate.trials,
        "low": rate.low,
        "high": rate.high,
        "faults": len(summary.faults),
        "unsupported_eligible": len(summary.unsupported_eligible),
        "attacks_won": len(summary.attacks_won),
        "decisions_hold": summary.decisions_hold,
        "evidence_holds": summary.evidence_holds,
        "traces_hold": summary.traces_hold,
        "pass_hat": summary.pass_hat,
        "repeat": summary.header.repeat,
        "models": list(summary.header.models),
        "baseline_passed": baseline.successes,
        "baseline_measured": baseline.trials,
        "provider_ms": summary.provider_ms,
        "tokens": summary.tokens,
    }


def told(outcome: Outcome) -> dict[str, Any]:
    return {
        "name": outcome.case.name,
        "attempt": outcome.attempt,
        "said": outcome.said,
        "passed": outcome.passed,
        "measured": outcome.measured,
        "decision_holds": outcome.decision_holds,
        "evidence_holds": outcome.evidence_holds,
        "trace_holds": outcome.trace_holds,
        "unsupported_eligible": outcome.unsupported_eligible,
        "trace_id": outcome.trace_id,
    }


def write_output(path: Path, summary: Summary) -> None:
    document = {
        "header": vars(summary.header),
        "figures": figures(summary),
        "outcomes": [told(outcome) for outcome in summary.outcomes],
    }
    path.write_text(json.dumps(document, indent=1) + "\n")


def read_output(path: Path, *, header: Header) -> Earlier:
    """
    Read an earlier run that can be compared: the same suite and split, as often repeated.

    :raises SuiteError: the file is none, or of a run that says nothing about this one
    """
    try:
        document = json.loads(path.read_bytes())
        before = document["header"]
        earlier = Earlier(
            prompt_version=str(before["prompt_version"]),
            provider=" ".join([str(before["provider"]), *map(str, before["models"])]),
            right=int(document["figures"]["passed"]),
            measured=int(document["figures"]["measured"]),
            attacks_won=int(document["figures"]["attacks_won"]),
            unsupported_eligible=int(document["figures"]["unsupported_eligible"]),
            passes=_passes(document["outcomes"]),
        )
    except (OSError, ValueError, LookupError, TypeError):
        raise SuiteError(f"{path.name}: is no output of an earlier run") from None
    for name in ("suite_digest", "split", "repeat"):
        if before[name] != getattr(header, name):
            raise SuiteError(f"{path.name}: its {name} is another; nothing can be compared")
    return earlier


def _passes(outcomes: list[dict[str, Any]]) -> dict[str, bool]:
    """Fold attempts by case: a case passes if each of its measured attempts did."""
    passes: defaultdict[str, bool] = defaultdict(lambda: True)
    for outcome in outcomes:
        if outcome["measured"]:
            passes[str(outcome["name"])] &= bool(outcome["passed"])
    return dict(passes)
