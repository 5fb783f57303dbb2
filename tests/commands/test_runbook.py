"""The runbook knows every code, every line of the doctor and every role."""

import re

from config.environment import BASE_DIR, Environment
from operators.roles import roles
from operators.runbook import SECTION, remedies
from tests.commands.test_doctor import NAMES
from traces.codes import ErrorCode

RUNBOOK = (BASE_DIR / "docs" / "runbook.md").read_text()


def first_cells(heading: str) -> list[str]:
    """Read the first cell of each row of the table with this header line."""
    _, _, after = RUNBOOK.partition(f"\n| {heading}")
    rows = re.match(r"[^\n]*\n\|[-|]+\|\n((?:\|[^\n]*\n)+)", after)
    assert rows
    return [row.split("|")[1].strip().strip("`") for row in rows[1].splitlines()]


def test_every_error_code_has_its_row_in_the_order_of_the_ledger_and_no_cell_is_empty() -> None:
    rows = [line for line in RUNBOOK.splitlines() if line.startswith("| `") and line.count("|") == 5]

    assert first_cells("code |") == list(ErrorCode.values)
    assert len(rows) == len(ErrorCode)
    assert all(cell.strip() for row in rows for cell in row.strip("|").split("|"))


def test_the_story_shows_each_row_and_names_its_section() -> None:
    heading = RUNBOOK.partition("\n| code |")[0].rpartition("\n## ")[2].splitlines()[0]

    assert f"docs/runbook.md#{heading.lower().replace(' ', '-')}" == SECTION
    assert "!docs/runbook.md" in (BASE_DIR / ".dockerignore").read_text().splitlines()
    for code in ErrorCode:
        assert [label for label, _ in remedies()[code]] == ["Look at", "Do", "Do not"]


def test_every_line_of_the_doctor_and_every_role_is_explained() -> None:
    assert first_cells("line |") == ["it does not start", *NAMES]
    assert sorted(first_cells("role |")) == sorted([*roles(), "superuser"])


def test_every_variable_it_names_is_one_of_the_service() -> None:
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)[`=]", RUNBOOK))

    assert named - {"SECRETS_DIR"} <= {name.upper() for name in Environment.model_fields}
    assert named >= {"FINGERPRINT_KEYS", "SECRET_KEY", "OPENAI_API_KEY", "TRACE_RETENTION_DAYS", "DECISIONS_IN_FLIGHT"}


def test_every_place_it_points_to_is_a_heading() -> None:
    headings = re.findall(r"^#+ (.+)$", RUNBOOK, re.MULTILINE)
    places = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}

    assert set(re.findall(r"\]\(#([\w-]+)\)", RUNBOOK)) <= places
