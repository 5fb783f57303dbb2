"""A run as data: a row of the history, and a file that a later run is compared with."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from decisions.suites import ForbiddenResult
from evals.comparison import Earlier
from evals.gates import HOLDS
from evals.judged import JudgedRun
from evals.models import EvalRun
from evals.outcomes import Outcome
from evals.suites import SuiteError
from evals.summary import Header, Summary


def store_run(run: JudgedRun, *, model: str, whole_split: bool) -> None:
    """Keep a run in the history. `model` is the configured name; the figures name the models that answered."""
    summary = run.summary
    judged = {name: value for name, value in vars(summary.header).items() if name not in ("models", "repeat")}
    EvalRun.objects.create(
        **judged,
        model=model,
        gate_digest=run.gate.digest,
        gate_holds=run.verdict.code == HOLDS,
        whole_split=whole_split,
        figures=summary.figures,
        outcomes=_outcomes(summary),
        started_at=run.started_at,
        finished_at=run.finished_at,
    )


def output_of(summary: Summary) -> str:
    document = {"header": vars(summary.header), "figures": summary.figures, "outcomes": _outcomes(summary)}
    return json.dumps(document, indent=1) + "\n"


def write_file(path: Path, text: str) -> None:
    """:raises SuiteError: it cannot be written, because the disk is full, say"""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise SuiteError(f"{path}: cannot be written: {fault.strerror}") from None


def _outcomes(summary: Summary) -> list[dict[str, Any]]:
    return [_as_dict(outcome, summary.forbidden) for outcome in summary.outcomes]


def _as_dict(outcome: Outcome, forbidden: tuple[ForbiddenResult, ...]) -> dict[str, Any]:
    return {
        "name": outcome.case.name,
        "attempt": outcome.attempt,
        "said": outcome.result,
        "passed": outcome.passed,
        "measured": outcome.measured,
        "decision_holds": outcome.decision_holds,
        "evidence_holds": outcome.evidence_holds,
        "trace_holds": outcome.trace_holds,
        **{each.slug: outcome.is_forbidden(each) for each in forbidden},
        "trace_id": outcome.trace_id,
    }


def read_output(path: Path, *, header: Header, forbidden: tuple[ForbiddenResult, ...]) -> Earlier:
    """
    Read an earlier run that can be compared: the same suite and split, and as many repeats.

    :raises SuiteError: the file is no output, or that of a run that cannot be compared with this one
    """
    shown = ("passed", "measured", "attacks_won", *(each.slug for each in forbidden))
    try:
        document = json.loads(path.read_bytes())
        before = document["header"]
        earlier = Earlier(
            prompt_version=str(before["prompt_version"]),
            provider=" ".join([str(before["provider"]), *map(str, before["models"])]),
            figures={name: int(document["figures"][name]) for name in shown},
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
