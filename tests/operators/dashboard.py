"""Read the dashboard, and store rows for it."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

from django.test import Client
from django.utils import timezone

from tests.ledger.rows import FAILED_ROW, INVALID, NOW, insert
from traces.models import TraceRecord

PAGE = "/admin/"
INVALID_ROW = FAILED_ROW | {"error_code": INVALID.error_code, "error_reason": INVALID.error_reason}
LINK = re.compile(r'<a href="([^"]*/tracerecord/\?[^"]*)"[^>]*>([\d,]+)')


def ago(**length: float) -> dict[str, Any]:
    return {"started_at": timezone.now() - timedelta(**length)}


def store(row: dict[str, Any], *, count: int = 1, **changes: Any) -> TraceRecord:
    """Store rows that started just now, unless they say when, and return the last one."""
    started = {} if row["started_at"] != NOW else ago(seconds=1)
    *_, last = (insert(row | started | changes) for _ in range(count))
    return last


def page_text(client: Client, **query: str) -> str:
    """Return the page, its white space as a browser shows it."""
    return " ".join(client.get(PAGE, query).text.split())


def links(page: str) -> list[tuple[str, int]]:
    """Return each list that a number leads to, with the number."""
    return [(unescape(address), int(number.replace(",", ""))) for address, number in LINK.findall(page)]


def need(page: str, title: str) -> str:
    """Return the line of what needs somebody, as it is read, "Look:" in front of an urgent one."""
    found = re.search(rf"<dt>((?:<strong>Look:</strong> )?{re.escape(title)})</dt>\s*<dd>(.*?)</dd>", page)
    assert found, title
    return " ".join(unescape(re.sub("<[^>]+>", "", f"{found[1]}: {found[2]}")).split())


def cells(page: str, caption: str) -> list[list[str]]:
    """Return the table with this caption, row by row."""
    table = page[page.index(f"<caption>{caption}") :]
    rows = re.findall("<tr>(.*?)</tr>", table[: table.index("</table>")], re.DOTALL)
    parts = (re.findall("<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows)
    return [[unescape(re.sub("<[^>]+>", "", cell)).strip() for cell in row] for row in parts]
