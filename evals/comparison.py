"""One run compared with an earlier one: which cases flipped, and whether that is significant."""

from collections.abc import Mapping
from dataclasses import dataclass

from evals.statistics import SIGNIFICANT, mcnemar_exact


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """An earlier run: those of its figures that are compared, and whether each measured case passed."""

    prompt_version: str
    provider: str
    figures: Mapping[str, int]
    passes: Mapping[str, bool]


@dataclass(frozen=True)
class Comparison:
    """`better` and `worse` name the cases that flipped; `common` counts the cases that both runs measured."""

    better: tuple[str, ...]
    worse: tuple[str, ...]
    common: int
    earlier: Earlier | None = None

    @property
    def p(self) -> float:
        return mcnemar_exact(len(self.better), len(self.worse))

    @property
    def conclusion(self) -> str:
        if self.p >= SIGNIFICANT:
            return "cannot tell"
        return "better" if len(self.better) > len(self.worse) else "worse"


def compare(before: Mapping[str, bool], now: Mapping[str, bool], *, earlier: Earlier | None = None) -> Comparison:
    """Compare by name whether each case passed. Cases that only one run measured are left out."""
    common = sorted(before.keys() & now.keys())
    return Comparison(
        better=tuple(name for name in common if now[name] and not before[name]),
        worse=tuple(name for name in common if before[name] and not now[name]),
        common=len(common),
        earlier=earlier,
    )
