"""The figures of one scenario: each is printed, and some have a limit."""

from dataclasses import dataclass, field

from tests.torture.ledgers import count_ended_twice, count_missing, count_parted, rows
from tests.torture.timed_clients import NotingModel, TimedLoad


@dataclass
class Figures:
    """`beyond` has the figures that are beyond their limit. It is kept until all figures are printed."""

    printed: list[str] = field(default_factory=list)
    beyond: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return ", ".join(self.printed)

    def add(self, name: str, value: object, *, good: bool = True) -> None:
        self.printed.append(f"{name} {value}")
        if not good:
            self.beyond[name] = value

    def add_count(self, name: str, count: int, *, at_most: int = 0) -> None:
        self.add(name, count, good=count <= at_most)

    def add_seconds(self, name: str, seconds: float, *, limit: float) -> None:
        self.add(name, f"{seconds:.2f} s", good=seconds <= limit)

    def add_ledger(self, url: str, load: TimedLoad, model: NotingModel, *, lost_at_most: int = 0) -> None:
        """Add the figures of a ledger whose clients have all been answered."""
        answered = load.sent & model.answered
        lost = count_lost(url, answered)
        self.add("paid answers lost", f"{lost} of {len(answered)}", good=lost <= lost_at_most)
        self.add("acknowledged", len(load.acknowledged), good=bool(load.acknowledged))
        self.add_count("missing", count_missing(url, load.acknowledged))
        self.add_count("parted tickets", count_parted(url, load.acknowledged))
        self.add_count("two endings", count_ended_twice(url))
        self.add_count("cut off", len(load.unanswered))


def count_lost(url: str, answered: set[str]) -> int:
    """Count the submissions that the model's whole answer was sent for, and that have no row with an ending of it."""
    found = rows(url)
    return sum(key not in found or _is_lost(**found[key]) for key in answered)


def _is_lost(*, status: str, error_code: str | None, **_other: object) -> bool:
    return status == "running" or error_code == "interrupted"
