"""docs/providers.md states what each profile sends."""

import re

import pytest

from boundary.servers import SERVERS
from config.environment import BASE_DIR

pytestmark = pytest.mark.any_database


def documented(cells: list[str]) -> tuple[str, str]:
    """Return the answer format and the limit's field that a row of the table states."""
    shape = "prompt" if "prompt" in cells[2] else cells[2].split("`")[1]
    return shape, cells[3].strip("`")


def test_the_table_of_servers_has_every_profile_and_what_it_sends() -> None:
    text = (BASE_DIR / "docs/providers.md").read_text()
    rows = [line.strip("| ").split(" | ") for line in re.findall(r"^\| `[a-z-]+` \|.*$", text, re.MULTILINE)]

    stated = {cells[0].strip("`"): documented(cells) for cells in rows}

    assert stated == {name: (server.answer_format, server.limit_field) for name, server in SERVERS.items()}


def test_every_variable_it_names_exists() -> None:
    text = (BASE_DIR / "docs/providers.md").read_text()
    named = set(re.findall(r"OPENAI_[A-Z_]+", text))

    assert named <= set(re.findall(r"^OPENAI_[A-Z_]+", (BASE_DIR / ".env.example").read_text(), re.MULTILINE))
