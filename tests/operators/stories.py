"""Read the story of a trace, as the `trace` command prints it or as the page shows it."""

import html
import json
import re
from io import StringIO

from django.core.management import call_command

from traces.models import TraceRecord


def printed(*words: str) -> str:
    output = StringIO()
    call_command("trace", *words, stdout=output)
    return output.getvalue()


def sections(trace: TraceRecord) -> dict[str, list[tuple[str, str]]]:
    """Return the facts of each section, as `trace --json` prints them."""
    story = json.loads(printed(trace.pk, "--json"))
    return {each["title"]: [(fact["label"], fact["value"]) for fact in each["facts"]] for each in story["sections"]}


def facts(trace: TraceRecord) -> dict[str, str]:
    return {label: value for section in sections(trace).values() for label, value in section}


def facts_on_page(page: str) -> list[tuple[str, str]]:
    found = re.findall(r"<dt>(.*?)</dt>\s*<dd>(?:<a [^>]*>)?(.*?)(?:</a>)?</dd>", page)
    return [(html.unescape(label), html.unescape(value)) for label, value in found]
