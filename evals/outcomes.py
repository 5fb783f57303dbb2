"""What came out of one case, judged: each question has its own answer."""

from dataclasses import dataclass

from evals.cases import EvalCase
from traces.codes import ErrorCode

# The provider could not be asked or gave nothing to judge: "could not measure", not a wrong answer. A refusal to
# answer is the model's own, and counts.
PROVIDER_FAULTS = frozenset(
    {
        ErrorCode.PROVIDER_TIMEOUT,
        ErrorCode.PROVIDER_UNREACHABLE,
        ErrorCode.PROVIDER_RATE_LIMITED,
        ErrorCode.PROVIDER_REJECTED,
        ErrorCode.PROVIDER_ERROR,
    }
)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """
    One attempt at one case.

    `trace_holds`: the stored row is terminal, and its evidence, versions and fingerprint are the case's own.
    Times are in milliseconds; what is not known is None.
    """

    case: EvalCase
    attempt: int = 1
    decision: str | None = None
    line_ids: tuple[str, ...] = ()
    error_code: str | None = None
    error_reason: str | None = None
    trace_id: str | None = None
    trace_holds: bool = False
    model: str | None = None
    provider_ms: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None

    @property
    def measured(self) -> bool:
        return self.error_code not in PROVIDER_FAULTS

    @property
    def decision_holds(self) -> bool:
        return self.decision in self.case.acceptable_decisions

    @property
    def evidence_holds(self) -> bool:
        return self.line_ids == self.case.expected_source_line_ids

    @property
    def unsupported_eligible(self) -> bool:
        """The one answer that must not be wrong: eligible where no careful reader would say so."""
        return self.decision == "eligible" and not self.decision_holds

    @property
    def passed(self) -> bool:
        return self.decision_holds and self.evidence_holds and self.trace_holds

    @property
    def said(self) -> str:
        """The decision, or why there is none, in one word."""
        return self.decision or self.error_reason or self.error_code or "no trace"
