# ruff: noqa: RUF001 - texts in other scripts
"""A quote is evidence if it is verbatim, and long enough for its script or the whole text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.quotes import is_evidence
from decisions.scripts import letters_without_blanks

pytestmark = pytest.mark.any_database

QUOTES = {
    "three words": ("key is stale", "The key is stale.", True),
    "three words and parts of others": ("e key is s", "The key is stale.", True),
    "two words": ("is stale.", "The key is stale.", False),
    "one letter": ("k", "The key is stale.", False),
    "nothing": ("", "The key is stale.", False),
    "blanks": ("   ", "The key   is stale.", False),
    "marks are no words": ("– – –", "The key – – – is stale.", False),
    "empty letters are no words": ("\u3164 \u3164 \u3164", "The key \u3164 \u3164 \u3164 is stale.", False),
    "invisible characters part no words": ("is\u200bstale\u200bnow", "The key is\u200bstale\u200bnow.", False),
    "the whole text": ("Stale-key!", "Stale-key!", True),
    "the whole text and more": ("Stale-key!!", "Stale-key!", False),
    "another case": ("Key is stale", "The key is stale.", False),
    "another blank": ("key  is stale", "The key is stale.", False),
    "six Chinese letters": ("号的密钥已过", "服务账号的密钥已过期", True),
    "five Chinese letters": ("号的密钥已", "服务账号的密钥已过期", False),
    "six Japanese letters": ("キーは古くな", "サービスのキーは古くなりました", True),
    "Thai letters and marks": ("คีย์เก", "คีย์เก่าแล้ว", True),
    "six Korean letters": ("서비스계정키", "서비스계정키 만료", False),
    "three Korean words": ("계정 키가 오래", "서비스 계정 키가 오래됨", True),
    "empty vowels of Khmer": ("\u17b4" * 6, "ក" + "\u17b4" * 6 + " is stale", False),
}


@pytest.mark.parametrize(("quote", "text", "holds"), QUOTES.values(), ids=QUOTES.keys())
def test_quote_is_evidence_as_the_table_says(quote: str, text: str, holds: bool) -> None:
    assert is_evidence(quote, text) is holds


# Pieces of a text, with the words and the letters without blanks that each of them adds.
PIECES = {
    "key": (1, 0),
    "ключ": (1, 0),
    "7": (1, 0),
    "密钥": (1, 2),
    "กุญแจ": (1, 5),
    "–": (0, 0),
    "\u3164": (0, 0),
    "\u200b\u2800": (0, 0),
}


@given(st.lists(st.sampled_from([*PIECES]), min_size=1, max_size=8), st.data())
def test_span_is_evidence_if_and_only_if_it_is_long_enough(pieces: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(pieces) - 1))
    span = pieces[start : data.draw(st.integers(start + 1, len(pieces)))]

    words, letters = (sum(PIECES[piece][kind] for piece in span) for kind in (0, 1))

    is_long_enough = words >= 3 or letters >= 6
    assert is_evidence(" ".join(span), " ".join(pieces)) == (is_long_enough or span == pieces)


def test_letters_are_counted_where_no_blanks_stand_between_words() -> None:
    assert letters_without_blanks("订单 A-102, 주문 заказ ごちゅうもん") == len("订单ごちゅうもん")
    assert letters_without_blanks("คำสั่งซื้อ") == len("คำสั่งซื้อ")
