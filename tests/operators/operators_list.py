"""Read the list of traces."""

import re

from django.test import Client

LIST = "/admin/traces/tracerecord/"


def listed(client: Client, query: str | dict[str, str] = "") -> list[str]:
    """Return the ids of the rows that the list shows, in its order."""
    page = client.get(LIST, query) if isinstance(query, dict) else client.get(LIST + query)
    assert page.status_code == 200
    return re.findall(r'<th class="field-trace_id"><a [^>]*>(trace_\w+)</a>', page.text)


def link(client: Client, text: str, query: dict[str, str] | None = None) -> str | None:
    found = re.search(rf'<a href="([^"]*)">{text}</a>', client.get(LIST, query).text)
    return found and found[1].replace("&amp;", "&")
