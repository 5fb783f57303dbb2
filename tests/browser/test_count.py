"""The count beside the report equals the server's count and judges a text that can be seen as the server does."""

import pytest
from playwright.sync_api import expect
from pydantic import ValidationError

from access.characters import visible
from access.fields import fold_lines
from rotation.contract import LONGEST_REPORT, SHORTEST_REPORT, RotationReport
from tests.browser.customer import Customer
from tests.browser.samples import TICKETS_SAMPLE
from tests.browser.states import RECORD_ANNOUNCEMENTS, Stage

TEXTS = {
    "empty": "",
    "blank": " \t\n ",
    "nine": "a" * 9,
    "ten": "a" * 10,
    "five hundred": "a" * 500,
    "one too many": "a" * 501,
    "ends stripped": "  \n" + "a" * 10 + " \t\n",
    "line ends are one": "stale\r\nkey\r\nhere",
    "lone CR": "stale\rkeyhe",
    "CRLF at the limit": "a" * 249 + "\r\n" + "a" * 250,
    "emoji": "\N{KEY}" * 10,
    "emoji, too many": "\N{KEY}" * 501,
    "family of one glyph": "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}" * 4,
    "combining": "e\N{COMBINING ACUTE ACCENT}" * 5,
    "blank for Python alone": "\x1c\x1d\x1e\x1f\x85" + "a" * 10 + "\x85\x1f",
    "blank for JavaScript alone": "\ufeff" + "a" * 10 + "\ufeff",
    "blank for both": "\xa0\u1680\u2003\u2028\u2029\u202f\u205f\u3000" + "a" * 10 + "\u3000",
    "zero width, no blank": "\N{ZERO WIDTH SPACE}" + "a" * 10,
    "zero width alone": "\N{ZERO WIDTH SPACE}" * 10,
    "zero width among nine": "a\N{ZERO WIDTH NON-JOINER}" * 9,
    "zero width among too many": "a\N{ZERO WIDTH SPACE}" * 251,
    "every invisible kind": "stale\xad\u034f\u061c\u115f\u180e\u200f\u202e\u2066\u2800\u3164\ufe0f\ufffc\U000e0041key",
    "control and private": "stale\x01\x7f\ue000\U000f0000\ufdd0key",
    "emoji, each of two characters": "\N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}" * 9,
    "combining, nine": "e\N{COMBINING ACUTE ACCENT}" * 4 + "e",
    "combining without a glyph": "e\N{COMBINING GRAPHEME JOINER}" * 9,
    "blanks in a row": "stale" + " \t\n\r\n\xa0" * 9 + "key",
    "blanks around zero width": "stale \N{ZERO WIDTH SPACE} key",
    "blank within zero width at the ends": "\N{ZERO WIDTH SPACE} stale key \N{ZERO WIDTH SPACE}",
    "CRLF in a row": "a\r\n\r\n" * 5,
}


def shown_by_page(customer: Customer, text: str) -> str:
    customer.report.fill(text)
    return customer.page.inner_text("[data-count]")


def counted_by_server(text: str) -> str:
    """Return what the page should show, by the server's verdict and counts."""
    stripped = str(fold_lines(text))
    length, seen = len(stripped), len(visible(stripped))
    count = f"{length} of {LONGEST_REPORT} characters"
    try:
        RotationReport(account_id="acct_10234", credential_report=text)
    except ValidationError as error:
        if error.errors()[0]["type"] == "too_long":
            return f"{count}: {length - LONGEST_REPORT} too many"
        shown = f", {seen} visible" if seen < length else ""
        # An empty field gets no remark.
        return f"{count}{shown}: {SHORTEST_REPORT - seen} more needed" if length else count
    return count


def test_page_counts_as_the_server_does(customer: Customer) -> None:
    customer.open()

    shown = {name: shown_by_page(customer, text) for name, text in TEXTS.items()}

    assert shown == {name: counted_by_server(text) for name, text in TEXTS.items()}


def test_sent_text_has_the_shown_length(stage: Stage, subtests: pytest.Subtests) -> None:
    for name in ("CRLF at the limit", "emoji", "blank for Python alone", "blank for both"):
        with subtests.test(name):
            stage.customer.open()
            stage.customer.fill(TEXTS[name])
            count = shown_by_page(stage.customer, TEXTS[name])
            stage.customer.button.click()
            expect(stage.customer.page.get_by_role("heading", level=1)).to_have_text("Eligible under P-7")
            report, _ = stage.provider.calls[-1]
            assert count.startswith(f"{len(report.credential_report)} of ")


def test_missing_and_excess_characters_are_shown(customer: Customer) -> None:
    customer.open()

    for text, words in (("a" * 7, "3 more needed"), ("a" * 503, "3 too many")):
        customer.report.fill(text)
        expect(customer.page.locator("[data-count]")).to_have_text(f"{len(text)} of 500 characters: {words}")


def test_count_of_a_sent_text_is_not_announced(stage: Stage) -> None:
    stage.pause_provider()
    stage.customer.open()
    stage.customer.page.evaluate(RECORD_ANNOUNCEMENTS)

    stage.customer.fill()
    stage.customer.button.click()

    expect(stage.customer.page.locator("[data-elapsed]")).to_have_text("2")
    assert [each.strip() for each in stage.customer.page.evaluate("announced")] == [stage.sample.running]


def test_thousands_are_grouped(stage: Stage) -> None:
    stage.customer.sample = TICKETS_SAMPLE
    stage.customer.open()

    stage.customer.report.fill("a" * 5234)

    expect(stage.customer.page.locator("[data-count]")).to_have_text("5,234 of 4,000 characters: 1,234 too many")


def test_count_is_announced_after_typing_stops(customer: Customer) -> None:
    customer.open()

    customer.report.press_sequentially("a stale")

    expect(customer.page.locator("#announcement")).to_have_text("")
    expect(customer.page.locator("#announcement")).to_have_text("7 of 500 characters: 3 more needed")
