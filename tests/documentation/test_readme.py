"""What the README says is what the code does."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from rotation.check import Reason
from traces.codes import WHO_ACTS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
LONGEST = 250


def table_rows(first_header: str) -> list[list[str]]:
    """Read the rows of the table whose header line starts so, cell by cell."""
    _, _, after = README.partition(f"\n| {first_header}")
    lines = after.splitlines()[2:]
    rows = lines[: next(number for number, line in enumerate(lines) if not line.startswith("|"))]
    return [[cell.strip().strip("`") for cell in row.strip("|").split("|")] for row in rows]


def test_the_error_codes_and_who_acts_are_those_of_the_ledger() -> None:
    told = {code: acts for code, _, acts in table_rows("code")}

    assert told == {code.value: acts for code, acts in WHO_ACTS.items()}


def test_the_reasons_stand_in_the_order_of_the_check() -> None:
    assert [reason for _, reason in table_rows("the answer")] == [reason.value for reason in Reason]


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`?make ([a-z-]+)", README)) - {"are"}))
def test_every_make_target_it_names_exists(target: str) -> None:
    assert re.search(rf"^{target}:.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([\w./-]+)\)", README))))
def test_every_file_it_links_to_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= LONGEST


@pytest.mark.parametrize("command", re.findall(r"^\.venv/bin/python manage\.py (.+)$", README, re.MULTILINE))
def test_every_manage_command_it_shows_takes_its_options(command: str) -> None:
    name, *options = command.split()
    loaded = load_command_class(get_commands()[name], name)

    assert loaded.create_parser("manage.py", name).parse_args(options)
