"""Suites of labelled cases: what a line may hold, and how a file of them is read."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from boundary.strict_json import parse_strict_json
from rotation.contract import (
    Contract,
    CredentialFacts,
    CredentialKind,
    CredentialState,
    Decision,
    RotationReport,
)
from rotation.policy import P7

SUITES = Path(__file__).parent
DEFAULT = "rotations"
SPLITS = ("dev", "gate")
# A split that knows a decision in fewer of its cases says little about that decision.
SMALLEST_SHARE = 0.15
LONGEST_NAME = 80


class SuiteError(Exception):
    """The suite cannot be judged by; the message names the file and line, never a case's text."""


class EvalCase(Contract):
    """One labelled report: what the record says, what the text says, and what a careful reader would decide."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=80)]
    account_id: str
    credential_age_days: Annotated[int, Field(ge=0)]
    credential_kind: CredentialKind
    credential_state: CredentialState
    report: str
    expected_decision: Decision
    acceptable_decisions: Annotated[tuple[Decision, ...], Field(min_length=1)]
    expected_source_line_ids: tuple[str, ...]
    tags: Annotated[tuple[str, ...], Field(min_length=1)]
    split: Literal["dev", "gate"]
    why: Annotated[str, StringConstraints(min_length=1, max_length=300)]

    @model_validator(mode="after")
    def label_is_possible(self) -> Self:
        if self.expected_decision not in self.acceptable_decisions:
            raise ValueError("the expected decision is not among the acceptable ones")
        if Decision.ELIGIBLE in self.acceptable_decisions and not P7.covers(self.facts):
            raise ValueError("the record does not support the label eligible")
        self.as_report  # noqa: B018 - it validates account and text as a customer's are
        return self

    @property
    def as_report(self) -> RotationReport:
        return RotationReport(account_id=self.account_id, credential_report=self.report)

    @property
    def facts(self) -> CredentialFacts:
        return CredentialFacts(
            label=self.name,
            kind=self.credential_kind,
            state=self.credential_state,
            age_days=self.credential_age_days,
        )


@dataclass(frozen=True)
class Suite:
    """`digest` is the SHA-256 of the file, shortened: two runs compare only if it is the same."""

    name: str
    digest: str
    cases: tuple[EvalCase, ...]

    def select(
        self, *, split: str | None = None, tags: Iterable[str] = (), pattern: str | None = None
    ) -> tuple[EvalCase, ...]:
        """Keep the cases of this split that bear every tag and whose name matches the glob."""
        wanted = set(tags)
        return tuple(
            case
            for case in self.cases
            if (split is None or case.split == split)
            and wanted <= set(case.tags)
            and (pattern is None or fnmatchcase(case.name, pattern))
        )


def suite_path(name_or_path: str) -> Path:
    """
    Find a known suite by its name, or any file by its path.

    :raises SuiteError:
    """
    known = SUITES / f"{name_or_path}.jsonl"
    for path in (known, Path(name_or_path)):
        if os.path.isfile(path) and len(path.stem) <= LONGEST_NAME:  # noqa: PTH113 - pathlib's raises on a name that is too long
            return path
    raise SuiteError(f"{name_or_path}: there is no such suite and no such file")


def load_suite(path: Path) -> Suite:
    """
    Read and check a whole file.

    :raises SuiteError:
    """
    content = path.read_bytes()
    numbered = [
        (number, _read_case(line, where=f"{path.name}:{number}"))
        for number, line in enumerate(content.splitlines(), start=1)
        if line.strip()
    ]
    if not numbered:
        raise SuiteError(f"{path.name}: holds no case")
    _refuse_twins(path.name, numbered)
    _refuse_imbalance(path.name, numbered)
    cases = tuple(case for _, case in numbered)
    return Suite(name=path.stem, digest=hashlib.sha256(content).hexdigest()[:12], cases=cases)


def _read_case(line: bytes, *, where: str) -> EvalCase:
    try:
        return parse_strict_json(line, EvalCase)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        told = "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'the case'}: {fault['msg']}" for fault in faults)
        raise SuiteError(f"{where}: {told}") from None


def _refuse_twins(file: str, cases: Iterable[tuple[int, EvalCase]]) -> None:
    first: dict[str, int] = {}
    for number, case in cases:
        if case.name in first:
            raise SuiteError(f"{file}:{number}: the name stands in line {first[case.name]} already")
        first[case.name] = number


def _refuse_imbalance(file: str, cases: Iterable[tuple[int, EvalCase]]) -> None:
    """A file of one split is a file for looking around; one that has both must have every decision in each."""
    by_split = {split: [(number, case) for number, case in cases if case.split == split] for split in SPLITS}
    if not all(by_split.values()):
        return
    for split, chosen in by_split.items():
        counts = Counter(case.expected_decision for _, case in chosen)
        for decision in Decision:
            if counts[decision] < SMALLEST_SHARE * len(chosen):
                said = f"{counts[decision]} of {len(chosen)} are {decision}"
                raise SuiteError(f"{file}:{chosen[-1][0]}: split {split}, which ends here, is unbalanced: {said}")
