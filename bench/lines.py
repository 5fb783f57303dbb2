"""What the benchmarks print: one line for each thing, with its spread."""

import sys
from collections.abc import Sequence
from statistics import median, quantiles


def say(line: str) -> None:
    """Print at once: a run takes minutes, and someone may be watching."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def quickest_tenth(took: Sequence[float]) -> float:
    """Whatever else runs on the machine only adds."""
    return quantiles(took, n=10, method="inclusive")[0]


def p99(took: Sequence[float]) -> float:
    return quantiles(took, n=100, method="inclusive")[-1]


def times(took: Sequence[float]) -> str:
    """Tell milliseconds."""
    return f"quickest tenth {quickest_tenth(took):6.1f}  median {median(took):6.1f}  p99 {p99(took):6.1f} ms"


def spread(values: Sequence[float], form: str = ".2f") -> str:
    """Tell what was measured in several rounds: `1.02 (0.98 to 1.07)`."""
    return f"{median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def verdict(value: float, limit: float) -> str:
    return f"limit {limit:g}  {'holds' if value <= limit else 'OVER'}"
