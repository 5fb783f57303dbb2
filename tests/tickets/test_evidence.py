# ruff: noqa: RUF001 - texts in other scripts
"""Under `ticket_extract@2` quotes must be in the text, and the server computes the priority."""

import pytest

from tests.tickets.checking import TEXT, evidence_of
from tickets.check import Reason, Supported, Unsupported
from tickets.contract import Category, Impact, Priority, Urgency
from tickets.policy import PRIORITIES

pytestmark = pytest.mark.any_database

QUOTES = {
    "paid twice for": (TEXT, True),
    "paid twice": (TEXT, False),
    "paid  twice for": (TEXT, False),
    "Paid twice for": (TEXT, False),
    "paid twice for free": (TEXT, False),
    "– – –": ("Refund me – – – please now", False),
    "It crashes": ("It crashes", True),
    "两次请退款": ("同一个订单被扣了两次，请退款", False),
    "被扣了两次，请退": ("同一个订单被扣了两次，请退款", True),
    "被扣了两次": ("同一个订单被扣了两次，请退款", False),
    "สั่งซื้อ": ("คำสั่งซื้อของฉันหาย", True),
    "주문이 안 왔어요": ("제 주문이 안 왔어요, 확인해 주세요", True),
    "안 왔어요": ("제 주문이 안 왔어요, 확인해 주세요", False),
    "\u3164 \u3164 \u3164": ("Refund me \u3164 \u3164 \u3164 please now", False),
    "< text> said so": ("Then <text> said so again", True),
    "<text> said so": ("Then <text> said so again", False),
}


def test_quote_is_in_the_text_and_long_enough(subtests: pytest.Subtests) -> None:
    for quote, (text, holds) in QUOTES.items():
        with subtests.test(quote):
            verdict = evidence_of(text, quotes=[quote], summary="A request")
            assert isinstance(verdict, Supported) == holds
            assert holds or verdict == Unsupported(Reason.UNSUPPORTED_QUOTE)


def test_every_quote_counts() -> None:
    assert evidence_of(quotes=["paid twice for", "invented words here"]) == Unsupported(Reason.UNSUPPORTED_QUOTE)


def test_priority_follows_from_impact_and_urgency(subtests: pytest.Subtests) -> None:
    for (impact, urgency), priority in PRIORITIES.matrix.items():
        with subtests.test(f"{impact}, {urgency}"):
            verdict = evidence_of(impact=impact, urgency=urgency)
            assert isinstance(verdict, Supported)
            assert verdict.ticket.priority is priority
    assert set(PRIORITIES.matrix) == {(impact, urgency) for impact in Impact for urgency in Urgency}


def test_text_that_instructs_its_reader_is_general_and_medium() -> None:
    verdicts = {
        category: evidence_of(instructs_reader=True, impact="everyone", category=category) for category in Category
    }

    general = verdicts.pop(Category.GENERAL)
    assert isinstance(general, Supported)
    assert general.ticket.priority is Priority.MEDIUM
    assert verdicts == dict.fromkeys(verdicts, Unsupported(Reason.INCONSISTENT_TICKET))
