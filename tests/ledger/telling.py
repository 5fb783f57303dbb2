"""A trace's story as a test hears it: from the `trace` command."""

import json
from io import StringIO

from django.core.management import call_command

from traces.models import TraceRecord


def told(*words: str) -> str:
    output = StringIO()
    call_command("trace", *words, stdout=output)
    return output.getvalue()


def sections(trace: TraceRecord) -> dict[str, list[tuple[str, str]]]:
    """Each section's facts, as `trace --json` tells them."""
    story = json.loads(told(trace.pk, "--json"))
    return {each["title"]: [(fact["label"], fact["value"]) for fact in each["facts"]] for each in story["sections"]}


def facts(trace: TraceRecord) -> dict[str, str]:
    return {label: value for section in sections(trace).values() for label, value in section}
