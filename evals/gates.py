"""May this prompt, model and policy serve customers? The thresholds lie beside the suite's data."""

import hashlib
import json
from dataclasses import dataclass
from math import floor
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evals.cases import SuiteError
from evals.summary import Summary

HOLDS, FALLS_SHORT, CANNOT_JUDGE = 0, 1, 2


class Gate(BaseModel):
    """
    `minimum_low` is for the lower end of the pass rate's interval, so that few cases cannot pass by luck.

    `maximum_fault_share` is how many of the calls the provider may fail before the run says nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    minimum_low: float = Field(ge=0, le=1)
    maximum_unsupported_eligible: int = Field(ge=0)
    maximum_fault_share: float = Field(ge=0, le=1)

    @property
    def digest(self) -> str:
        """Name these thresholds: a pass under others is no pass under these."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Verdict:
    """`code` is the command's exit code: 0 the gate holds, 1 it ran and falls short, 2 it could not judge."""

    code: int
    sentences: tuple[str, ...]


def load_gate(suite: Path, provider: str) -> Gate:
    """
    Read the thresholds for a provider from `SUITE.gate.json` beside the suite; `default` is for every other one.

    A suite without such a file is judged by the thresholds that stand here.

    :raises evals.cases.SuiteError: the file is not of that shape
    """
    path = suite.with_suffix(".gate.json")
    if not path.is_file():
        return Gate(minimum_low=0.8, maximum_unsupported_eligible=0, maximum_fault_share=0.05)
    try:
        thresholds = json.loads(path.read_bytes())
        return Gate.model_validate(thresholds.get(provider, thresholds["default"]))
    except (ValueError, LookupError, AttributeError, ValidationError):
        raise SuiteError(f"{path.name}: is not an object of gates with a default") from None


def judge(summary: Summary, gate: Gate) -> Verdict:
    """Say whether the gate holds, and in which words."""
    faults, attempts = len(summary.faults), len(summary.outcomes)
    if not summary.complete:
        return Verdict(CANNOT_JUDGE, ("The run was stopped before its end; nothing is judged.",))
    if attempts == 0:
        return Verdict(CANNOT_JUDGE, ("No case was chosen; there is nothing to judge.",))
    if faults == attempts or faults > gate.maximum_fault_share * attempts:
        return Verdict(CANNOT_JUDGE, (f"The provider failed {faults} of {attempts} calls; that measures nothing.",))
    rate, wrong = summary.pass_rate, len(summary.unsupported_eligible)
    short = []
    if wrong > gate.maximum_unsupported_eligible:
        short.append(f"{wrong} unsupported eligible; at most {gate.maximum_unsupported_eligible} may be.")
    if rate.low < gate.minimum_low:
        low = floor(rate.low * 1000) / 1000
        short.append(f"The pass rate may be as low as {low:.1%}; at least {gate.minimum_low * 100:g}% is asked for.")
    if short:
        return Verdict(FALLS_SHORT, ("The gate does not hold.", *short))
    return Verdict(HOLDS, ("The gate holds.",))
