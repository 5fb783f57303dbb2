"""A run as data: a row of the history, and a file that a later run is compared with."""

import json
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import timezone

from decisions.suites import ForbiddenResult
from evals.comparison import Earlier
from evals.gates import HOLDS, Gate, Verdict
from evals.models import EvalRun
from evals.outcomes import Outcome
from evals.suites import SuiteError
from evals.summary import Header, Summary


def store_run(
    summary: Summary, verdict: Verdict, *, gate: Gate, model: str, whole_split: bool, started_at: datetime
) -> None:
    """Keep a run in the history. `model` is the configured name; the figures name the models that answered."""
    judged = {name: value for name, value in vars(summary.header).items() if name not in ("models", "repeat")}
    EvalRun.objects.create(
        **judged,
        model=model,
        gate_digest=gate.digest,
        gate_holds=verdict.code == HOLDS,
        whole_split=whole_split,
        figures=summary.figures,
        outcomes=_outcomes(summary),
        started_at=started_at,
        finished_at=timezone.now(),
    )


def write_output(path: Path, summary: Summary) -> None:
    document = {"header": vars(summary.header), "figures": summary.figures, "outcomes": _outcomes(summary)}
    path.write_text(json.dumps(document, indent=1) + "\n")


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
