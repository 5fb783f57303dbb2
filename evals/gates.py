"""May this prompt, model and policy serve customers? The thresholds are in a file beside the suite."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import floor
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evals.suites import SuiteFile
from evals.summary import Summary

HOLDS, FALLS_SHORT, CANNOT_JUDGE = 0, 1, 2


class Gate(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    # For the lower end of the pass rate's interval, so that few cases cannot pass by luck.
    minimum_low: float = Field(ge=0, le=1)
    # How often each forbidden result may occur, by its slug.
    maximum: Mapping[str, Annotated[int, Field(ge=0)]]
    # The share of the calls that the provider may fail before the run measures nothing.
    maximum_fault_share: float = Field(ge=0, le=1)

    @property
    def digest(self) -> str:
        """Name these thresholds: a pass under others is no pass under these. Stored runs depend on the form."""
        thresholds = {
            "minimum_low": self.minimum_low,
            **{f"maximum_{slug}": count for slug, count in self.maximum.items()},
            "maximum_fault_share": self.maximum_fault_share,
        }
        return hashlib.sha256(json.dumps(thresholds, separators=(",", ":")).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Verdict:
    """`code` is the command's exit code: HOLDS, FALLS_SHORT or CANNOT_JUDGE."""

    code: int
    sentences: tuple[str, ...]

    @property
    def words(self) -> str:
        return ("the gate holds", "it ran and falls short", "it could not judge")[self.code]


def load_gate(suite: SuiteFile, provider: str) -> Gate:
    """
    Read the thresholds for a provider from the file beside the suite; `default` is for every other provider.

    Each forbidden result has its threshold as `maximum_SLUG`. A suite without such a file gets the thresholds below.

    :raises evals.suites.SuiteError: the file is not of that shape
    """
    slugs = [each.slug for each in suite.rules.forbidden]
    gates = suite.read_gates()
    if gates is None:
        return Gate(minimum_low=0.8, maximum=dict.fromkeys(slugs, 0), maximum_fault_share=0.05)
    try:
        thresholds = dict(gates.get(provider, gates["default"]))
        maximum = {slug: thresholds.pop(f"maximum_{slug}") for slug in slugs}
        return Gate(**thresholds, maximum=maximum)
    except (ValueError, LookupError, TypeError, ValidationError):
        raise suite.gates_error from None


def judge(summary: Summary, gate: Gate) -> Verdict:
    faults, attempts = len(summary.faults), len(summary.outcomes)
    if not summary.complete:
        return Verdict(CANNOT_JUDGE, ("The run was stopped before its end; nothing is judged.",))
    if attempts == 0:
        return Verdict(CANNOT_JUDGE, ("No case was chosen; there is nothing to judge.",))
    if faults == attempts or faults > gate.maximum_fault_share * attempts:
        return Verdict(CANNOT_JUDGE, (f"The provider failed {faults} of {attempts} calls; that measures nothing.",))
    subject = "The gate of the built-in rules" if summary.header.provider == "rules" else "The gate"
    short = []
    for forbidden in summary.forbidden:
        count, maximum = len(summary.outcomes_with(forbidden)), gate.maximum[forbidden.slug]
        if count > maximum:
            short.append(f"{count} {forbidden.label}; at most {maximum} may be.")
    rate = summary.pass_rate
    if rate.low < gate.minimum_low:
        low = floor(rate.low * 1000) / 1000
        short.append(f"The pass rate may be as low as {low:.1%}; at least {gate.minimum_low * 100:g}% is asked for.")
    if short:
        return Verdict(FALLS_SHORT, (f"{subject} does not hold.", *short))
    return Verdict(HOLDS, (f"{subject} holds.",))
