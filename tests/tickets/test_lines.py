# ruff: noqa: RUF001 - texts in other scripts
"""A summary is one visible line of 1 to 200 characters, in both versions of an answer."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tickets.checking import at_any_speed, verdict_of
from tickets.lines import without_hidden

pytestmark = pytest.mark.any_database

HIDDEN = {
    "line feed": "\n",
    "carriage return": "\r",
    "tab": "\t",
    "NUL": "\0",
    "escape": "\x1b",
    "next line": "\x85",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "Arabic letter mark": "\u061c",
    "left-to-right mark": "\u200e",
    "right-to-left mark": "\u200f",
    **{f"embedding {code:x}": chr(code) for code in range(0x202A, 0x202F)},
    **{f"isolate {code:x}": chr(code) for code in range(0x2066, 0x206A)},
    "zero width space": "\u200b",
    "joiner after a letter of ASCII": "\u200d",
    "soft hyphen": "\xad",
    "byte order mark": "\ufeff",
    "tag": "\U000e0041",
    "empty letter": "\u3164",
    "supplementary variation selector": "\U000e0100",
    "variation selector": "\ufe00",
    "emoji variation selector after a letter": "\ufe0f",
    "Mongolian variation selector": "\u180b",
    "combining grapheme joiner": "\u034f",
    "empty Khmer vowel": "\u17b4",
    "private use": "\ue000",
    "private use on another plane": "\U00100000",
    "unassigned": "\u0378",
    "not a character": "\ufffe",
    "reserved and ignored": "\U000e0fff",
    "empty Braille cell": "\u2800",
    "object replacement": "\ufffc",
    "many marks": "\u0301" * 190,
    "more marks than a letter has": "\u0301\u0323\u0332" * 3,
}


def test_summary_is_one_visible_line(subtests: pytest.Subtests) -> None:
    for name, character in HIDDEN.items():
        with subtests.test(name):
            assert verdict_of(f"Refund{character} wanted") == "malformed_ticket"


def test_joiners_are_allowed_where_scripts_and_emoji_need_them() -> None:
    persian, hindi, family = "می\u200cخواهم", "क्\u200dष", "👨\u200d👩\u200d👧"

    assert verdict_of(f"{persian} {hindi} {family}", f"{persian} {hindi}, refund") == "supported"
    assert verdict_of("пар\u200cоль", "пароль не работает") == "malformed_ticket"


def test_marks_are_allowed_as_languages_and_emoji_need_them(subtests: pytest.Subtests) -> None:
    vietnamese = unicodedata.normalize("NFD", "Tôi bị tính phí hai lần, trường hợp khẩn cấp")
    hebrew, arabic, thai, burmese, tibetan = "שָׁלוֹם", "مُدَّةً", "ผู้ที่นี้", "လျှော့ပေးပါ", "བསྒྲུབས་"
    emoji = "❤️ 1️⃣ ©️ ℹ️ ⁉️ 👍🏽"
    for text in (vietnamese, hebrew, arabic, thai, burmese, tibetan, emoji):
        with subtests.test(text):
            assert verdict_of(f"{text} OK", f"{text} and nothing else 1") == "supported"


@at_any_speed
@given(st.text(st.characters() | st.sampled_from("\u0301\u200b\u200d\ufe0fк\u094d❤1")))
def test_what_is_left_is_not_hidden(text: str) -> None:
    assert without_hidden(without_hidden(text)) == without_hidden(text)


def test_summary_has_1_to_200_characters_and_a_letter_or_digit() -> None:
    summaries = {
        "": False,
        " ": False,
        "\u00a0": False,
        "…!": False,
        "\u3164": False,
        "x": True,
        "x" * 200: True,
        "x" * 201: False,
    }

    verdicts = {summary: verdict_of(summary) == "supported" for summary in summaries}

    assert verdicts == summaries
