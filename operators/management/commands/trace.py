"""The story of one trace, for a terminal."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from decisions.registry import read_id
from operators.story import Story, story_of
from traces.models import TraceRecord
from traces.upkeep import STOPPED


class Command(BaseCommand):
    help = "Show the story of one trace: request, record, provider, evidence, check, outcome, reviews, other traces."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("trace_id", nargs="+", help="the trace id, in any case or grouping or within an address")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, trace_id: list[str], **options: Any) -> str:
        found = read_id(" ".join(trace_id))
        if found is None:
            raise CommandError("This is not a trace id, which is trace_ and 26 letters and digits.")
        now = timezone.now()
        try:
            story = story_of(TraceRecord.objects.read(found, at=now), at=now)
        except TraceRecord.DoesNotExist:
            raise CommandError(f"No trace has the id {found}.") from None
        except KeyboardInterrupt:
            raise CommandError("Stopped.", returncode=STOPPED) from None
        return _json(found, story) if options["json"] else "\n".join((found, *_lines(story)))


def _json(trace_id: str, story: Story) -> str:
    """Keep sections and facts as lists: their order matters, and a label may come twice."""
    sections = [
        {"title": title, "facts": [{"label": fact.label, "value": fact.value} for fact in facts]}
        for title, facts in story.items()
    ]
    return json.dumps({"trace_id": trace_id, "sections": sections})


def _lines(story: Story) -> Iterator[str]:
    """Replace the characters that a terminal would take for commands."""
    width = max(len(fact.label) for facts in story.values() for fact in facts)
    for title, facts in story.items():
        yield f"\n{title}"
        for fact in facts:
            value = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in fact.value)
            yield f"  {fact.label:{width}}  {value}"
