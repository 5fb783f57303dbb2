# ruff: noqa: RUF001 - texts in other scripts
"""A summary may use the scripts of its text and Latin, and no other script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tickets.checking import at_any_speed
from tickets.scripts import language_conflict, scripts

pytestmark = pytest.mark.any_database

GREEK, CYRILLIC, ARABIC, HEBREW, HINDI, THAI = "παραγγελία", "заказ", "طلب", "הזמנה", "ऑर्डर", "คำสั่งซื้อ"
CHINESE, JAPANESE, HALF_WIDTH, BOPOMOFO, KOREAN, ENGLISH = "订单", "ごちゅうもん", "ｱﾌﾟﾘ", "ㄅㄆㄇ", "주문", "order"
EAST_ASIAN = (CHINESE, JAPANESE, HALF_WIDTH, BOPOMOFO, "注文アプリ々ー")
APART = (GREEK, CYRILLIC, ARABIC, HEBREW, HINDI, THAI, KOREAN, CHINESE, "ርእስ", "թող", "წერილი", "𐌰𐌱")


def test_another_script_is_a_conflict(subtests: pytest.Subtests) -> None:
    for text, summary in ((text, summary) for text in (*APART, ENGLISH) for summary in APART if text != summary):
        with subtests.test(f"{summary} for {text}"):
            assert language_conflict(f"Order {summary}", text)


def test_latin_and_the_texts_own_script_are_allowed(subtests: pytest.Subtests) -> None:
    for text in APART:
        with subtests.test(text):
            assert not language_conflict(f"Customer writes {text}, ＯＫ?", text)


def test_han_and_kana_count_as_one(subtests: pytest.Subtests) -> None:
    for text, summary in ((text, summary) for text in EAST_ASIAN for summary in EAST_ASIAN):
        with subtests.test(f"{summary} for {text}"):
            assert not language_conflict(summary, text)


def test_signs_of_all_scripts_are_no_letters() -> None:
    assert not scripts("12 µm, 5 kΩ, 3º, ª, ʼ, 𝑥, ℵ, ①, ½, 😀, ٣, „“") - {"LATIN"}


@at_any_speed
@given(st.text(), st.text())
def test_a_part_of_the_text_never_conflicts(text: str, more: str) -> None:
    assert not language_conflict(text, text + more)
