# ruff: noqa: RUF001 - texts in other scripts
"""The order of the rules, and the rules over generated texts and summaries in several scripts."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tickets.checking import SHAPES, TEXT, V1, at_any_speed, check, evidence_of, verdict_of
from tickets.check import Reason, Supported, Unsupported
from tickets.policy import CATEGORIES, PRIORITIES

pytestmark = pytest.mark.any_database


def test_changed_categories_or_priorities_have_a_new_version() -> None:
    policy = json.dumps([CATEGORIES.meanings, [*PRIORITIES.matrix.items()], PRIORITIES.of_instructions])

    digest = hashlib.sha256(policy.encode()).hexdigest()[:16]

    assert (CATEGORIES.version, PRIORITIES.version, digest) == ("categories@1", "priorities@1", "abcdf8412caaad80")


def test_supported_answer_becomes_a_ticket() -> None:
    tickets = [
        verdict.ticket for shape, fields in SHAPES if isinstance(verdict := check(fields, TEXT, shape)[0], Supported)
    ]

    assert [each.model_dump(mode="json") for each in tickets] == [V1, V1]


def test_closed_fields_hold_no_text() -> None:
    closed = {shape.__name__: check(fields, TEXT, shape)[1] for shape, fields in SHAPES}

    assert closed == {
        "AnswerV1": {"category": "billing", "priority": "high"},
        "AnswerV2": {"impact": "one", "urgency": "blocked", "instructs_reader": False, "category": "billing"},
    }


def test_refused_answer_of_the_right_shape_has_closed_fields() -> None:
    assert check(V1 | {"summary": "Order A-103"})[1] == {"category": "billing", "priority": "high"}
    assert check(V1 | {"summary": "Two\nlines"})[1] is None


SUMMARIES = {
    "A refund for A 102": "supported",
    "Возврат": "language_conflict",
    "Возврат for A-103": "ungrounded_detail",
    "Возврат, joe@example.com": "personal_data",
    "Order A-103": "ungrounded_detail",
    "Order A-103, call 415-555-0123": "personal_data",
    "Write to joe@example.com": "personal_data",
    "Write to\njoe@example.com": "malformed_ticket",
}


def test_first_failing_rule_names_the_reason() -> None:
    assert {summary: verdict_of(summary) for summary in SUMMARIES} == SUMMARIES
    assert evidence_of(summary="Возврат", quotes=["?"]) == Unsupported(Reason.LANGUAGE_CONFLICT)
    both: dict[str, Any] = {"instructs_reader": True, "category": "order"}
    assert evidence_of(quotes=["invented"], **both) == Unsupported(Reason.UNSUPPORTED_QUOTE)
    assert evidence_of(**both) == Unsupported(Reason.INCONSISTENT_TICKET)


def test_reasons_are_in_the_order_of_the_rules() -> None:
    assert [*Reason] == [
        *("wrapped_answer", "malformed_ticket", "personal_data", "ungrounded_detail", "language_conflict"),
        *("unsupported_quote", "inconsistent_ticket"),
    ]


# Each detail in spellings that are equal, and words of several scripts. The commas keep numbers apart.
DETAILS = (
    ("A-102", "a 102", "A102"),
    ("1,299.00", "1.299,00", "1299", "١٢٩٩"),
    ("3 November 2026", "2026-11-03", "03.11.2026"),
    ("14:30", "2:30 pm"),
    ("https://shop.example.com/help", "shop.example.com/help/"),
    ("“payment failed”", "«Payment failed»"),
    ("4711 units", "４７１１ pieces"),
)
WORDS = {"LATIN": "refund wanted", "CYRILLIC": "деньги обратно", "HAN": "退款", "ARABIC": "استرداد", "HANGUL": "환불"}
PERSONAL = ("joe@example.com", "+49 30 1234567", "4111 1111 1111 1111", "DE89370400440532013000")
KEYS = st.sets(st.sampled_from(range(len(DETAILS))), max_size=3)
SCRIPTS = st.sets(st.sampled_from([*WORDS]), min_size=1, max_size=3)


@at_any_speed
@given(st.data(), KEYS, KEYS, SCRIPTS, SCRIPTS, st.sampled_from([None, *PERSONAL]))
def test_ticket_is_supported_if_and_only_if_it_is_grounded(
    data: st.DataObject,
    text_keys: set[int],
    keys: set[int],
    text_scripts: set[str],
    scripts: set[str],
    personal: str | None,
) -> None:
    def written(details: set[int], words: set[str]) -> str:
        parts = [data.draw(st.sampled_from(DETAILS[key])) for key in sorted(details)]
        return "; ".join(data.draw(st.permutations([*parts, *(WORDS[word] for word in sorted(words))])))

    text = f"Please help: {written(text_keys, text_scripts)}; {personal}"
    summary = written(keys, scripts) + (f"; {personal}" if personal else "")

    assert verdict_of(summary, text) == first_fault(
        personal_data=personal is not None,
        ungrounded_detail=not keys <= text_keys,
        language_conflict=not scripts <= text_scripts | {"LATIN"},
    )


def first_fault(**faults: bool) -> str:
    return next((name for name, is_fault in faults.items() if is_fault), "supported")
