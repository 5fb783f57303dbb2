"""What came of one case, judged: each question has its own answer."""

from dataclasses import dataclass

from decisions.contract import Contract
from decisions.suites import EvalCase, ForbiddenResult
from traces.codes import ErrorCode
from traces.entries import Completed, Ending, Failed, Usage

# The provider could not be asked or gave nothing to judge: "could not measure", not a wrong answer. A refusal to
# answer is the model's own, and counts.
PROVIDER_FAULTS = {code for code in ErrorCode if code.startswith("provider_")} - {ErrorCode.PROVIDER_REFUSED}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """
    One attempt at one case. `ending` is None where the ledger could not keep it.

    `trace_holds`: the stored row is terminal, and its evidence, versions and fingerprint are the case's own.
    """

    case: EvalCase
    attempt: int = 1
    ending: Ending | None = None
    product: Contract | None = None
    trace_id: str | None = None
    trace_holds: bool = False

    @property
    def decision(self) -> str | None:
        return self.ending.decision if isinstance(self.ending, Completed) else None

    @property
    def error_code(self) -> str | None:
        return self.ending.error_code.value if isinstance(self.ending, Failed) else None

    @property
    def usage(self) -> Usage:
        return self.ending.usage if self.ending else Usage()

    @property
    def measured(self) -> bool:
        return self.error_code not in PROVIDER_FAULTS

    @property
    def decision_holds(self) -> bool:
        return self.ending is not None and self.case.decision_holds(self.ending, self.product)

    @property
    def evidence_holds(self) -> bool:
        return self.ending is not None and self.case.evidence_holds(self.ending)

    @property
    def passed(self) -> bool:
        return self.decision_holds and self.evidence_holds and self.trace_holds

    @property
    def result(self) -> str:
        """Return the decision, or why there is none, in one word."""
        if isinstance(self.ending, Failed):
            return self.ending.error_reason or self.ending.error_code.value
        return self.decision or "no trace"

    def is_forbidden(self, forbidden: ForbiddenResult) -> bool:
        return self.ending is not None and forbidden.matches(self.case, self.ending, self.product)
