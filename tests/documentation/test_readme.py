"""The README agrees with the code."""

from pathlib import Path

import pytest

from rotation.check import Reason
from tickets.check import Reason as TicketReason
from tickets.words import SENTENCES
from traces.codes import WHO_ACTS

pytestmark = pytest.mark.any_database

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
LONGEST = 250


def table_rows(first_header: str) -> list[list[str]]:
    """Return the cells of each row of the table whose header line starts with this text."""
    _, _, after = README.partition(f"\n| {first_header}")
    lines = after.splitlines()[2:]
    rows = lines[: next(number for number, line in enumerate(lines) if not line.startswith("|"))]
    return [[cell.strip().strip("`") for cell in row.strip("|").split("|")] for row in rows]


def test_error_codes_are_those_of_the_ledger() -> None:
    documented = {code: acts for code, _, acts in table_rows("code")}

    assert documented == {code.value: acts for code, acts in WHO_ACTS.items()}


def test_reasons_are_in_the_order_of_the_check() -> None:
    assert [reason for _, reason in table_rows("the answer")] == [reason.value for reason in Reason]
    assert [reason for _, reason in table_rows("the ticket")] == [reason.value for reason in TicketReason]


def test_sentences_of_a_failed_ticket_are_quoted() -> None:
    words = " ".join(README.split())

    assert [sentence for sentence in set(SENTENCES.values()) if f'"{sentence}"' not in words] == []


def test_readme_is_short() -> None:
    assert len(README.splitlines()) < LONGEST
