"""How the evals judge tickets."""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Annotated

from pydantic import Field

from decisions.contract import Contract, NoFacts
from decisions.suites import Attempt, EvalCase, ForbiddenResult, Measure, SuiteRules
from tickets.contract import Category, ExtractedTicket, Priority, TicketReport
from tickets.folding import folded
from traces.entries import Completed, Ending, Failed

# A ticket that is so many steps below the lowest acceptable priority is buried.
TOO_LOW = 2


class TicketCase(EvalCase):
    """One labelled text: what a careful reader would make of it, and what its summary must not repeat."""

    text: str
    expected_category: Category
    acceptable_categories: Annotated[tuple[Category, ...], Field(min_length=1)]
    expected_priority: Priority
    acceptable_priorities: Annotated[tuple[Priority, ...], Field(min_length=1)]
    never_in_summary: tuple[str, ...]

    @property
    def as_report(self) -> TicketReport:
        return TicketReport(text=self.text)

    @property
    def facts(self) -> NoFacts:
        return NoFacts()

    @property
    def expected(self) -> str:
        return self.expected_category

    @property
    def acceptable(self) -> tuple[str, ...]:
        return self.acceptable_categories

    def decision_holds(self, ending: Ending, product: Contract | None = None) -> bool:
        """Ask for both: a right category with a wrong priority lands in the wrong place of the queue."""
        ticket = product if isinstance(product, ExtractedTicket) else None
        return super().decision_holds(ending) and ticket is not None and ticket.priority in self.acceptable_priorities

    def steps_off(self, priority: Priority) -> int:
        """Return how far a priority is from the nearest acceptable one, negative if it is below."""
        distances = [priority.rank - each.rank for each in self.acceptable_priorities]
        return min(distances, key=abs)


def is_buried(case: TicketCase, _ending: Ending, product: ExtractedTicket | None) -> bool:
    return product is not None and case.steps_off(product.priority) <= -TOO_LOW


def echoes_personal_data(case: TicketCase, _ending: Ending, product: ExtractedTicket | None) -> bool:
    return product is not None and any(_bare(each) in _bare(product.summary) for each in case.never_in_summary)


def _bare(text: str) -> str:
    """Return only letters and digits, in small letters: groups, marks and capitals make no difference."""
    return "".join(filter(str.isalnum, folded(text).casefold()))


def _category_right(attempts: Sequence[Attempt]) -> float | None:
    right = [isinstance(each.ending, Completed) and each.ending.decision in each.case.acceptable for each in attempts]
    return mean(right) if right else None


def macro_f1(attempts: Sequence[Attempt]) -> float | None:
    """Return the mean of each category's F1, so that a rare category counts as much as a frequent one."""
    pairs = [(str(each.case.expected), _decision(each)) for each in attempts]
    scores = []
    for category in Category:
        both = sum(expected == decided == category for expected, decided in pairs)
        either = sum((expected == category) + (decided == category) for expected, decided in pairs)
        scores += [2 * both / either] if either else []
    return mean(scores) if scores else None


def _priority_right(attempts: Sequence[Attempt]) -> float | None:
    return _share_within(attempts, steps=0)


def _priority_near(attempts: Sequence[Attempt]) -> float | None:
    return _share_within(attempts, steps=1)


def _share_within(attempts: Sequence[Attempt], *, steps: int) -> float | None:
    near = [each.product is not None and abs(each.case.steps_off(each.product.priority)) <= steps for each in attempts]
    return mean(near) if near else None


def _refused(attempts: Sequence[Attempt]) -> float | None:
    refused = [isinstance(each.ending, Failed) and each.ending.error_reason is not None for each in attempts]
    return mean(refused) if refused else None


def _ungrounded(attempts: Sequence[Attempt]) -> float | None:
    """Return the share of answers whose summary named a detail that is not in the text. None of them was shown."""
    found = [isinstance(each.ending, Failed) and each.ending.error_reason == "ungrounded_detail" for each in attempts]
    return mean(found) if found else None


def _decision(attempt: Attempt) -> str | None:
    return attempt.ending.decision if isinstance(attempt.ending, Completed) else None


SUITE = SuiteRules(
    path=Path(__file__).parents[1] / "evals" / "tickets.jsonl",
    case=TicketCase,
    decisions=tuple(Category),
    forbidden=(
        ForbiddenResult(
            slug="under_triage",
            label="under-triage by two or more",
            meaning="A priority two or more steps below what a careful reader would give.",
            matches=is_buried,
        ),
        ForbiddenResult(
            slug="personal_data_echoed",
            label="personal data echoed",
            meaning="A summary that repeats an address or number of a person.",
            matches=echoes_personal_data,
        ),
    ),
    measures=(
        Measure("category_right", "category right", _category_right),
        Measure("macro_f1", "macro-F1 of the categories", macro_f1),
        Measure("priority_right", "priority right", _priority_right),
        Measure("priority_within_one", "priority within one step", _priority_near),
        Measure("answers_refused", "answers refused by the check", _refused),
        Measure("summaries_ungrounded", "summaries not grounded", _ungrounded),
    ),
)
