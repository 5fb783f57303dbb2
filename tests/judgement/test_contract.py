"""What the contracts accept, beyond the requests in tests/interfaces."""

import re
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import rotation
from decisions.contract import Report
from rotation.contract import SHORTEST_REPORT, AnswerV1, CredentialFacts, RotationReport
from rotation.policy import P7

pytestmark = pytest.mark.any_database

TEXT = "The service-account key is stale."
# A joiner, an empty letter, a mark of direction, an emoji's selector, an empty Braille cell, a control character.
INVISIBLE = st.sampled_from("\u200b\u3164\u202e\ufe0f\u2800\x1b")
BLANK = st.sampled_from(" \t\n\u00a0\u3000")
# Letters, a mark on a letter, digits and signs. None of them is a blank.
VISIBLE = st.sampled_from("aé\u0301ж订ไ7.\N{KEY}")


def test_line_break_counts_as_one_character() -> None:
    for ends in ("\r\n", "\r", "\n"):
        report = RotationReport(account_id="acct_10234", credential_report=f"  1234{ends}67890{ends}\n")
        assert report.credential_report == "1234\n67890", repr(ends)


@given(st.text(max_size=520))
def test_accepted_report_has_10_to_500_characters_and_no_nul(text: str) -> None:
    try:
        accepted = RotationReport(account_id="acct_10234", credential_report=text).credential_report
    except ValidationError:
        return

    assert 10 <= len(accepted) <= 500
    assert "\0" not in accepted
    assert "\r" not in accepted


def accepted(text: str) -> str:
    """Return the report's text as it was accepted, or why it was refused."""
    try:
        return RotationReport(account_id="acct_10234", credential_report=text).credential_report
    except ValidationError as refusal:
        return refusal.errors()[0]["type"]


@given(st.text(INVISIBLE | BLANK, min_size=10, max_size=100))
def test_text_without_a_visible_character_is_too_short(text: str) -> None:
    assert accepted(text) == "too_short"


@given(st.lists(VISIBLE, max_size=20), st.data())
def test_invisible_characters_never_make_a_text_long_enough(seen: list[str], data: st.DataObject) -> None:
    """They are kept in a text that is long enough, since its digest must stay the same."""
    text = "".join(character + data.draw(st.text(INVISIBLE, max_size=3)) for character in seen)

    assert accepted(text) == (text.strip() if len(seen) >= SHORTEST_REPORT else "too_short")


def test_blanks_in_a_row_count_as_one_for_the_shortest_length() -> None:
    assert accepted("1234 67890") == "1234 67890"
    assert accepted("123     90") == "too_short"
    assert accepted("1234567\u200b \u3164 \n90") == "1234567\u200b \u3164 \n90"


def test_refusal_does_not_show_the_input() -> None:
    with pytest.raises(ValidationError) as refusal:
        RotationReport(account_id="canary", credential_report=TEXT)

    assert "canary" not in str(refusal.value)


def test_values_are_frozen() -> None:
    shapes = (RotationReport, CredentialFacts, AnswerV1)

    assert [shape for shape in shapes if not shape.model_config["frozen"]] == []


def test_policy_text_names_its_window() -> None:
    assert P7.text == "A stale service-account key may be rotated within 30 days of its issue."


def test_number_of_days_occurs_only_in_the_policy() -> None:
    sources = {path.name: path.read_text() for path in Path(rotation.__path__[0]).glob("[!0-9]*.py")}

    assert [name for name, source in sources.items() if re.search(rf"\b{P7.window_days}\b", source)] == ["policy.py"]


@pytest.mark.parametrize("name", ["sent_text", "asked_account", "identity"])
def test_no_report_may_hide_a_property_of_the_base(name: str) -> None:
    with pytest.raises(TypeError, match=name), warnings.catch_warnings(action="ignore"):
        type("Hiding", (Report,), {"__annotations__": {name: str}, "text_field": name})
