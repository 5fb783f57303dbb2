"""The plain CSV."""

from datetime import UTC, date, datetime

import pytest

from rotation.contract import CredentialKind, CredentialState
from rotation.imports.reading import FAULTS, SECRET
from rotation.imports.snapshot import Observed
from tests.imports.inventories import NOW, golden, read, refusals, whole_refusals

pytestmark = pytest.mark.any_database

PLAIN = golden("plain.csv").decode()
HEADER, *LINES = PLAIN.splitlines()


def test_each_line_is_a_record_as_given() -> None:
    assert read("csv", PLAIN).observed[0] == Observed(
        file="file1",
        line=2,
        source="csv:github-deploy-keys",
        owner="acct_10234",
        item="billing/api#7",
        state=CredentialState.ACTIVE,
        observed_at=datetime(2026, 11, 18, 20, tzinfo=UTC),
        issued_on=date(2026, 10, 1),
        account_id="acct_10234",
        kind=CredentialKind.OTHER,
    )


def test_empty_issue_day_is_unknown() -> None:
    assert [seen.issued_on is None for seen in read("csv", PLAIN).observed] == [False, True, False]


def test_each_source_is_described_as_of_its_latest_line() -> None:
    assert read("csv", PLAIN).sources == {
        "csv:github-deploy-keys": datetime(2026, 11, 19, 3, tzinfo=UTC),
        "csv:vault": datetime(2026, 11, 18, 20, 0, 0, 123456, tzinfo=UTC),
    }


def test_csv_cannot_speak_for_another_format() -> None:
    snapshot = read("csv", f"{HEADER}\n{LINES[0].replace('github-deploy-keys', 'aws:123456789012')}")

    assert list(snapshot.sources) == ["csv:aws:123456789012"]


def test_prefix_of_a_source_is_not_doubled() -> None:
    assert read("csv", PLAIN.replace("vault", "csv:vault")) == read("csv", PLAIN)


def test_file_without_lines_describes_the_source_that_is_given() -> None:
    assert read("csv", HEADER, scope="vault").sources == {"csv:vault": NOW}


def test_given_source_may_repeat_that_of_the_lines() -> None:
    line = f"{HEADER}\n{LINES[2]}"

    assert read("csv", line, scope="csv:vault") == read("csv", line)


def test_source_that_is_unknown_or_contradicts_is_refused() -> None:
    what = "a source of at most 160 characters"
    other = f"The scope is not {what}, or these files name another one."

    assert whole_refusals("csv", HEADER) == [(0, f"These files do not name {what}. Give it as the scope.")]
    assert whole_refusals("csv", PLAIN, scope="vault") == [(0, other)]
    assert whole_refusals("csv", HEADER, scope="v" * 157) == [(0, other)]


def test_columns_that_are_missing_or_there_twice_are_named() -> None:
    expected = "Expected values separated by commas, with the names of the columns in the first line"

    assert whole_refusals("csv", HEADER.replace("kind", "state")) == [
        (1, f"{expected}; missing or repeated: kind, state.")
    ]


def test_account_may_be_named_by_a_column_of_its_own() -> None:
    snapshot = read("csv", f"{HEADER},account_name\n{LINES[0]},Invoices GmbH\n{LINES[1]},")

    assert [seen.account_name for seen in snapshot.observed] == ["Invoices GmbH", ""]


@pytest.mark.parametrize("name", [" Invoices", "x" * 161, "AKIA0123456789ABCDEF"])
def test_name_that_no_page_should_show_is_refused_by_line(name: str) -> None:
    [(line, sentence)] = refusals("csv", f"{HEADER},account_name\n{LINES[0]},{name}")

    assert (line, sentence) == (2, SECRET if name.startswith("AKIA") else FAULTS["account_name"])


def test_source_that_is_too_long_is_refused_by_line() -> None:
    line = LINES[0].replace("github-deploy-keys", "s" * 157)

    assert refusals("csv", f"{HEADER}\n{line}") == [
        (2, "The source must have 1 to 160 characters and no blanks at its ends.")
    ]


@pytest.mark.parametrize("scope", ["a\0b", " vault", "vault ", "v" * 157, "a\nb"])
def test_scope_has_the_shape_of_a_source(scope: str) -> None:
    refusal = "The scope is not a source of at most 160 characters, or these files name another one."

    assert whole_refusals("csv", f"{HEADER}\n", scope=scope) == [(0, refusal)]
