"""What docs/runbook.md says about an error code, so that the story shows it where nobody has the file at hand."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from decisions.workflow import Line

SECTION = "docs/runbook.md#error-codes"
# A row of the table: the code, what to look at, what to do, what not to do.
ROW = re.compile(r"^\| `(\w+)` \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
LINK = re.compile(r"\[([^]]+)\]\([^)]+\)")


def remedy_for(code: str) -> Iterator[Line]:
    """Yield nothing for a code that the file does not have, or if the file was not installed."""
    if row := _rows().get(code):
        yield from zip(("Look at", "Do", "Do not", "Runbook"), (*row, SECTION), strict=True)


@cache
def _rows() -> dict[str, list[str]]:
    file = Path(__file__).parents[1] / SECTION.partition("#")[0]
    rows = ROW.findall(LINK.sub(r"\1", file.read_text())) if file.exists() else []
    return {code: [cell.replace("`", "") for cell in cells] for code, *cells in rows}
