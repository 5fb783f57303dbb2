"""An answer of another shape than the prompt asked for is malformed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tickets.checking import SUMMARY, V1, V2, Shape, at_any_speed, check
from tickets.check import Reason, Unsupported
from tickets.contract import AnswerV1, AnswerV2

pytestmark = pytest.mark.any_database

MALFORMED: dict[str, Any] = {
    "empty": "",
    "null": "null",
    "array": "[]",
    "deep": "[" * 100_000,
    "html": "<html></html>",
    "trailing text": json.dumps(V1) + " ok",
    "two fences": f"```\n{json.dumps(V1)}\n```\n```\n{json.dumps(V1)}\n```",
    "other shape in a fence": "```json\n{}\n```",
    "duplicate key": json.dumps(V1).replace("{", '{"category": "order", ', 1),
    "unknown key": V1 | {"note": "x"},
    "missing key": {"category": "billing", "priority": "high"},
    "unknown category": V1 | {"category": "refunds"},
    "category in capitals": V1 | {"category": "Billing"},
    "unknown priority": V1 | {"priority": "critical"},
    "priority as number": V1 | {"priority": 3},
    "summary null": V1 | {"summary": None},
    "summary as list": V1 | {"summary": [SUMMARY]},
    "lone surrogate": V1 | {"summary": "\ud800"},
    "other version": V2,
}
MALFORMED_V2: dict[str, Any] = {
    "other version": V1,
    "no quote": V2 | {"quotes": []},
    "four quotes": V2 | {"quotes": ["paid twice for order A-102"] * 4},
    "empty quote": V2 | {"quotes": [""]},
    "long quote": V2 | {"quotes": ["x" * 201]},
    "quotes as text": V2 | {"quotes": "paid twice for order A-102"},
    "priority of its own": V2 | {"priority": "low"},
    "unknown impact": V2 | {"impact": "all"},
    "unknown urgency": V2 | {"urgency": "urgent"},
    "flag as text": V2 | {"instructs_reader": "false"},
    "flag as number": V2 | {"instructs_reader": 0},
}


def test_other_shapes_are_malformed(subtests: pytest.Subtests) -> None:
    for shape, table in ((AnswerV1, MALFORMED), (AnswerV2, MALFORMED_V2)):
        for name, fields in table.items():
            with subtests.test(f"{shape.__name__}, {name}"):
                assert check(fields, shape=shape) == (Unsupported(Reason.MALFORMED_TICKET), None)


@pytest.mark.parametrize(("shape", "fields"), [(AnswerV1, V1), (AnswerV2, V2)])
def test_right_shape_with_something_around_it_is_wrapped(shape: Shape, fields: dict[str, Any]) -> None:
    text = json.dumps(fields)

    for wrapped in (
        f"```json\n{text}\n```",
        f" ```\n{text}```\n",
        f"<think>?</think>\n{text}",
        f"</think>{text}",
    ):
        assert check(wrapped, shape=shape) == (Unsupported(Reason.WRAPPED_ANSWER), None)


@at_any_speed
@given(st.text(), st.sampled_from([AnswerV1, AnswerV2]))
def test_any_answer_is_malformed_without_an_exception(answer: str, shape: Shape) -> None:
    assert check(answer, shape=shape) == (Unsupported(Reason.MALFORMED_TICKET), None)
