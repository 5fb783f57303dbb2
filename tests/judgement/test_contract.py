"""What the shapes let in, beyond what the faces' tests send."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import rotation
from rotation.contract import AnswerV1, CredentialFacts, RotationReport
from rotation.policy import P7

pytestmark = pytest.mark.any_database

TEXT = "The service-account key is stale."


@pytest.mark.parametrize("ends", ["\r\n", "\r", "\n"])
def test_a_line_break_counts_as_one_character(ends: str) -> None:
    report = RotationReport(account_id="acct_10234", credential_report=f"  1234{ends}67890{ends}\n")

    assert report.credential_report == "1234\n67890"


@given(st.text(max_size=520))
def test_a_report_that_is_taken_holds_10_to_500_characters_and_no_nul(text: str) -> None:
    try:
        taken = RotationReport(account_id="acct_10234", credential_report=text).credential_report
    except ValidationError:
        return

    assert 10 <= len(taken) <= 500
    assert "\0" not in taken
    assert "\r" not in taken


def test_a_refusal_does_not_show_the_input() -> None:
    with pytest.raises(ValidationError) as refused:
        RotationReport(account_id="canary", credential_report=TEXT)

    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("shape", [RotationReport, CredentialFacts, AnswerV1])
def test_values_are_frozen(shape: type[RotationReport]) -> None:
    assert shape.model_config["frozen"]


def test_the_policy_line_states_its_window_in_words() -> None:
    assert P7.text == "A stale service-account key may be rotated within 30 days of its issue."


def test_the_number_of_days_stands_in_the_policy_alone() -> None:
    sources = {path.name: path.read_text() for path in Path(rotation.__path__[0]).rglob("*.py")}

    assert [name for name, source in sources.items() if re.search(rf"\b{P7.window_days}\b", source)] == ["policy.py"]
