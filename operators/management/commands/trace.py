"""The story of one trace, for a terminal."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from operators.lookup import MOST_FOUND, look_up
from operators.story import Story, story_of, summary_of
from traces.models import TraceRecord
from traces.upkeep import STOPPED

LISTED = ("trace_id", "account_id", "started_at", "status", "decision", "error_code")


class Command(BaseCommand):
    help = (
        "Show the story of one trace: request, record, provider, evidence, check, outcome, reviews, other traces."
        " List the traces of several ids, of one that was cut off, or of an account."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("text", nargs="+", help="an id in any case or grouping, or a sentence or address with ids")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, text: list[str], **options: Any) -> str:
        found, now = look_up(" ".join(text)), timezone.now()
        keys = found.rows.order_by("-started_at", "-pk").values_list("pk", flat=True)[:MOST_FOUND]
        try:
            traces = [TraceRecord.objects.read(key, at=now) for key in keys]
            if not traces:
                raise CommandError(" ".join(found.missing) or f"No trace is of {found.account_id}.")
            for sentence in found.missing:
                self.stderr.write(sentence)
            if not found.exact:
                return _list(traces, as_json=options["json"])
            story = story_of(traces[0], at=now)
        except KeyboardInterrupt:
            raise CommandError("Stopped.", returncode=STOPPED) from None
        return _json(found.exact, story) if options["json"] else "\n".join((found.exact, *_lines(story)))


def _list(traces: list[TraceRecord], *, as_json: bool) -> str:
    if not as_json:
        return "\n".join(map(summary_of, traces))
    rows = [{name: getattr(trace, name) for name in LISTED} for trace in traces]
    return json.dumps({"traces": rows}, cls=DjangoJSONEncoder)


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
