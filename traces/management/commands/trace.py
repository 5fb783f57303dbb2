"""The story of one trace on a terminal."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from traces.identifiers import read_trace_id
from traces.models import TraceRecord
from traces.story import Story, tell
from traces.upkeep import STOPPED


class Command(BaseCommand):
    help = "Tell the story of one trace: request, record, provider, evidence, check, outcome, reviews, other traces."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("trace_id", nargs="+", help="the trace id, in any case or grouping or within an address")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, trace_id: list[str], **options: Any) -> str:
        try:
            story = _find(" ".join(trace_id))
        except KeyboardInterrupt:
            raise CommandError("Stopped.", returncode=STOPPED) from None
        return json.dumps(_as_json(story)) if options["json"] else "\n".join(_lines(story))


def _find(text: str) -> Story:
    """:raises CommandError:"""
    trace_id = read_trace_id(text)
    if trace_id is None:
        raise CommandError("This is not a trace id, which is trace_ and 26 letters and digits.")
    now = timezone.now()
    try:
        return tell(TraceRecord.objects.read(trace_id, at=now), at=now)
    except TraceRecord.DoesNotExist:
        raise CommandError(f"No trace has the id {trace_id}.") from None


def _as_json(story: Story) -> dict[str, Any]:
    """Sections and facts as lists of their own, for their order is the story's and a label may come twice."""
    return {
        "trace_id": story.trace_id,
        "sections": [
            {"title": section.title, "facts": [{"label": fact.label, "value": fact.value} for fact in section.facts]}
            for section in story.sections
        ],
    }


def _lines(story: Story) -> Iterator[str]:
    yield story.trace_id
    width = max(len(fact.label) for section in story.sections for fact in section.facts)
    for section in story.sections:
        yield f"\n{section.title}"
        yield from (f"  {fact.label:{width}}  {_printable(fact.value)}" for fact in section.facts)


def _printable(value: str) -> str:
    """Leave out what a terminal would obey."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in value)
