"""What docs/runbook.md says about each error code, for operators who do not have the file at hand."""

import re
from functools import cache
from pathlib import Path

from decisions.workflow import Line

SECTION = "docs/runbook.md#error-codes"
# A row of the table: the code, what to look at, what to do, what not to do.
ROW = re.compile(r"^\| `(\w+)` \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
LINK = re.compile(r"\[([^]]+)\]\([^)]+\)")


@cache
def remedies() -> dict[str, tuple[Line, ...]]:
    """Return the lines of each code. Nothing is returned if the file was not installed."""
    file = Path(__file__).parents[1] / SECTION.partition("#")[0]
    rows = ROW.findall(LINK.sub(r"\1", file.read_text())) if file.exists() else []
    labels = ("Look at", "Do", "Do not")
    return {code: tuple(zip(labels, (cell.replace("`", "") for cell in cells), strict=True)) for code, *cells in rows}
