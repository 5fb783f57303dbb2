"""How a file of labelled cases is read, and every reason to refuse one."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import get_args

from pydantic import ValidationError

from boundary.strict_json import parse_strict_json
from decisions.suites import EvalCase, Split, SuiteRules
from evals.suites import SuiteError, SuiteFile

SPLITS: tuple[str, ...] = get_args(Split)
# A decision with a smaller share of a split is too rare to be measured.
SMALLEST_SHARE = 0.15


@dataclass(frozen=True)
class Suite(SuiteFile):
    """`digest` is the SHA-256 of the file, shortened: two runs compare only if it is the same."""

    digest: str
    cases: tuple[EvalCase, ...]

    def select(
        self, *, split: str | None = None, tags: Iterable[str] = (), pattern: str | None = None
    ) -> tuple[EvalCase, ...]:
        """Keep the cases of this split that have every tag and whose name matches the glob."""
        wanted, glob = set(tags), "*" if pattern is None else pattern
        return tuple(
            case
            for case in self.cases
            if split in (None, case.split) and wanted <= set(case.tags) and fnmatchcase(case.name, glob)
        )


def load_suite(file: SuiteFile) -> Suite:
    """:raises evals.suites.SuiteError: the file cannot be read, or is no suite of its workflow"""
    name = file.path.name
    try:
        content = file.path.read_bytes()
    except OSError:
        raise SuiteError(f"{name}: cannot be read") from None
    digest = hashlib.sha256(content).hexdigest()[:12]
    return Suite(**vars(file), digest=digest, cases=_read_cases(name, content, file.rules))


# `doctor` asks for the same suites twice, and 540 cases take 50 ms.
@lru_cache
def _read_cases(name: str, content: bytes, rules: SuiteRules) -> tuple[EvalCase, ...]:
    numbered = [
        (number, read_case(line, rules.case, where=f"{name}:{number}"))
        for number, line in enumerate(content.splitlines(), start=1)
        if line.strip()
    ]
    if not numbered:
        raise SuiteError(f"{name}: holds no case")
    _refuse_same_names(name, numbered)
    _refuse_imbalance(name, numbered, rules.decisions)
    return tuple(case for _, case in numbered)


def read_case(line: bytes, shape: type[EvalCase], *, where: str) -> EvalCase:
    try:
        return parse_strict_json(line, shape)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        reasons = "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'the case'}: {fault['msg']}" for fault in faults)
        raise SuiteError(f"{where}: {reasons}") from None


def _refuse_same_names(file: str, cases: Iterable[tuple[int, EvalCase]]) -> None:
    first: dict[str, int] = {}
    for number, case in cases:
        if case.name in first:
            raise SuiteError(f"{file}:{number}: the name stands in line {first[case.name]} already")
        first[case.name] = number


def _refuse_imbalance(file: str, cases: Iterable[tuple[int, EvalCase]], decisions: tuple[str, ...]) -> None:
    """Require every decision in each split of a file that has both. A file of one split is for looking around."""
    by_split = {split: [(number, case) for number, case in cases if case.split == split] for split in SPLITS}
    if not all(by_split.values()):
        return
    for split, chosen in by_split.items():
        counts = Counter(case.expected for _, case in chosen)
        for decision in decisions:
            if counts[decision] < SMALLEST_SHARE * len(chosen):
                share = f"{counts[decision]} of {len(chosen)} are {decision}"
                raise SuiteError(f"{file}:{chosen[-1][0]}: split {split}, which ends here, is unbalanced: {share}")
