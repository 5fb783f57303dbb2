"""The suite of tickets, and how it is judged."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from decisions.contract import NoFacts
from decisions.suites import Attempt
from evals.cases import load_suite
from evals.suites import find_suite
from tickets.contract import Category, ExtractedTicket, Priority
from tickets.suite import SUITE, TicketCase, echoes_personal_data, is_buried, macro_f1
from traces.entries import Completed

pytestmark = pytest.mark.any_database

CASES: list[dict[str, Any]] = [json.loads(line) for line in Path(SUITE.path).read_text().splitlines()]


def tagged(tag: str) -> list[dict[str, Any]]:
    return [case for case in CASES if tag in case["tags"]]


def case(**changes: object) -> TicketCase:
    values = {
        "name": "a-case",
        "text": "My card 4111 1111 1111 1111 was charged twice.",
        "expected_category": Category.BILLING,
        "acceptable_categories": (Category.BILLING,),
        "expected_priority": Priority.HIGH,
        "acceptable_priorities": (Priority.HIGH,),
        "never_in_summary": ("4111 1111 1111 1111",),
        "tags": ("lang-en",),
        "split": "dev",
        "why": "A double charge.",
    }
    return TicketCase.model_validate(values | changes)


def ticket(category: str = "billing", priority: str = "high", summary: str = "Charged twice.") -> ExtractedTicket:
    return ExtractedTicket(category=Category(category), priority=Priority(priority), summary=summary)


def completed(category: str) -> Completed:
    return Completed(decision=category, policy_line_ids=())


def test_suite_is_large_and_varied() -> None:
    languages = Counter(tag for each in CASES for tag in each["tags"] if tag.startswith("lang-"))

    assert len(CASES) >= 320
    assert sum(each["split"] == "gate" for each in CASES) >= 200
    assert sum(len(each["text"]) > 1000 for each in CASES) >= len(CASES) / 4
    assert len(languages) >= 10
    assert sum(languages.values()) == len(CASES)
    assert min(languages.values()) >= 10
    assert len(tagged("injection")) >= 30
    assert len(tagged("attack-lookalike")) >= 30
    for kind in ("thread", "transcript", "shouting", "understatement", "two-topics", "personal-data"):
        assert len(tagged(kind)) >= 10, kind
    assert len(load_suite(find_suite("tickets")).cases) == len(CASES)


def test_minimal_pairs_are_in_one_split_and_flip_a_label() -> None:
    pairs: dict[str, list[dict[str, Any]]] = {}
    for each in tagged("minimal-pair"):
        pairs.setdefault(each["name"][:7], []).append(each)

    assert len(pairs) == 40
    for first, second in pairs.values():
        labels = [(each["expected_category"], each["expected_priority"]) for each in (first, second)]
        assert first["split"] == second["split"], first["name"]
        assert labels[0] != labels[1], first["name"]


def test_case_has_no_facts() -> None:
    assert case().facts == NoFacts()


def test_ticket_passes_with_category_and_priority_only() -> None:
    assert case().decision_holds(completed("billing"), ticket())
    assert not case().decision_holds(completed("order"), ticket("order"))
    assert not case().decision_holds(completed("billing"), ticket(priority="urgent"))
    assert not case().decision_holds(completed("billing"), None)


def test_two_steps_too_low_are_buried_and_two_too_high_are_not() -> None:
    buried = {
        (expected.value, given.value)
        for expected in Priority
        for given in Priority
        if is_buried(
            case(expected_priority=expected, acceptable_priorities=(expected,)),
            completed("billing"),
            ticket(priority=given),
        )
    }
    widened = case(acceptable_priorities=(Priority.HIGH, Priority.MEDIUM))

    assert buried == {("high", "low"), ("urgent", "low"), ("urgent", "medium")}
    assert not is_buried(widened, completed("billing"), ticket(priority="low"))
    assert not is_buried(case(), completed("billing"), None)


def test_echoed_personal_data_is_found_in_any_spelling(subtests: pytest.Subtests) -> None:
    labelled = case(never_in_summary=("4111 1111 1111 1111", "Ana.Fry@example.com", "+44 20 7946 0182"))
    spellings = (
        *("4111 1111 1111 1111", "4111-1111-1111-1111", "41111111/11111111"),
        *("ana.fry@EXAMPLE.com", "Ana.Fry @ example.com", "+442079460182", "(+44) 20/79 46 01 82"),
    )

    for spelling in spellings:
        with subtests.test(spelling):
            echoed = ticket(summary=f"Customer gave {spelling}, was charged twice.")
            assert echoes_personal_data(labelled, completed("billing"), echoed)
    assert not echoes_personal_data(labelled, completed("billing"), ticket())


def test_macro_f1_counts_each_category_alike() -> None:
    billing, order = case(), case(expected_category=Category.ORDER, acceptable_categories=(Category.ORDER,))
    attempts = [Attempt(billing, completed("billing"), None)] * 3 + [Attempt(order, completed("billing"), None)]

    # Billing: precision 3/4, recall 1, so F1 is 6/7. Order: 0.
    assert macro_f1(attempts) == pytest.approx(3 / 7)
    assert macro_f1([]) is None


def test_measures_of_a_perfect_run_are_whole() -> None:
    attempts = [Attempt(case(), completed("billing"), ticket())]

    assert {measure.slug: measure.compute(attempts) for measure in SUITE.measures} == {
        "category_right": 1,
        "macro_f1": 1,
        "priority_right": 1,
        "priority_within_one": 1,
        "answers_refused": 0,
        "summaries_ungrounded": 0,
    }
    assert {measure.compute([]) for measure in SUITE.measures} == {None}
