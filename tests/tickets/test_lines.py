# ruff: noqa: RUF001 - texts in other scripts
"""A summary is one visible line of 1 to 200 characters, in both versions of an answer."""

import pytest

from tests.tickets.checking import verdict_of

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
}


def test_summary_is_one_visible_line(subtests: pytest.Subtests) -> None:
    for name, character in HIDDEN.items():
        with subtests.test(name):
            assert verdict_of(f"Refund{character} wanted") == "malformed_ticket"


def test_joiners_are_allowed_where_scripts_and_emoji_need_them() -> None:
    persian, hindi, family = "می\u200cخواهم", "क्\u200dष", "👨\u200d👩\u200d👧"

    assert verdict_of(f"{persian} {hindi} {family}", f"{persian} {hindi}, refund") == "supported"


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
