"""What the evals take from a workflow: its labelled cases, and the results that must never occur."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import Field, StringConstraints, model_validator

from decisions.contract import Contract, Facts, Report
from traces.entries import Completed, Ending

Split = Literal["dev", "gate"]


class EvalCase(Contract):
    """One labelled report. A workflow's case adds the report, its facts, and what a careful reader would decide."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=80)]
    tags: Annotated[tuple[str, ...], Field(min_length=1)]
    split: Split
    why: Annotated[str, StringConstraints(min_length=1, max_length=300)]

    @model_validator(mode="after")
    def label_is_possible(self) -> Self:
        if self.expected not in self.acceptable:
            raise ValueError("the expected decision is not among the acceptable ones")
        self.as_report  # noqa: B018 - it validates what is sent as a customer's report is validated
        return self

    @property
    @abstractmethod
    def as_report(self) -> Report: ...

    @property
    @abstractmethod
    def facts(self) -> Facts: ...

    @property
    @abstractmethod
    def expected(self) -> str:
        """Return the decision that a careful reader would give, as the row names it."""

    @property
    @abstractmethod
    def acceptable(self) -> tuple[str, ...]:
        """Return every decision that counts as right, the expected one among them."""

    def decision_holds(self, ending: Ending, _product: Contract | None = None) -> bool:
        """Judge the result, with the product of a workflow that has products."""
        return isinstance(ending, Completed) and ending.decision in self.acceptable

    def evidence_holds(self, _ending: Ending) -> bool:
        """Judge what the result rests on. Where a workflow asks for no evidence, it holds."""
        return True


@dataclass(frozen=True)
class ForbiddenResult:
    """
    A result that must never occur, such as one that does harm. It is counted apart from the pass rate.

    `slug` is its key in gates, outputs and the history. `label` names it in reports, and `meaning` is one sentence.
    `matches` gets the case, the ending and the product, if there is one.
    """

    slug: str
    label: str
    meaning: str
    matches: Callable[[Any, Ending, Any], bool]


class Attempt(NamedTuple):
    """One measured attempt at a case: how it ended, and what it produced."""

    case: Any
    ending: Ending
    product: Any


@dataclass(frozen=True)
class Measure:
    """
    A figure of a run beside its pass rate, from 0 to 1, or None where there is nothing to measure.

    `slug` is its key in outputs and the history, and `label` its name in reports.
    """

    slug: str
    label: str
    compute: Callable[[Sequence[Attempt]], float | None]


@dataclass(frozen=True, kw_only=True)
class SuiteRules:
    """
    How a workflow's suites are read and judged.

    `path` is the workflow's own suite. Each split of a suite must have enough cases of each of the `decisions`.
    `label_review` gets the account, text and facts of a reviewed trace, and what a careful reader would have decided.
    It returns the fields of the workflow's own case.
    """

    path: Path
    case: type[EvalCase]
    decisions: tuple[str, ...]
    forbidden: tuple[ForbiddenResult, ...] = ()
    measures: tuple[Measure, ...] = ()
    label_review: Callable[[str | None, str, Any, str], dict[str, Any]] | None = None
