"""The `trace` command: it accepts an id in any form, and fails with a sentence."""

from itertools import pairwise

import pytest
from django.core.management import CommandError

from operators import story
from tests.ledger.rows import closed_row
from tests.operators.stories import printed
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db

ABSENT = "trace_" + "7" * 26


@pytest.mark.parametrize("places", [[0, 32], [0, 10, 16, 32]], ids=["one word", "several"])
def test_the_command_accepts_an_id_as_it_was_typed(places: list[int]) -> None:
    trace = closed_row()
    typed = [trace.pk.upper()[start:end] for start, end in pairwise(places)]

    assert printed(*typed).startswith(f"{trace.pk}\n\nRequest\n  Started  ")


@pytest.mark.parametrize(
    ("typed", "complaint"), [(ABSENT, f"No trace has the id {ABSENT}."), ("acct_10234", "This is not a trace id")]
)
def test_the_command_fails_without_a_trace(typed: str, complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint) as refused:
        printed(typed)

    assert refused.value.returncode == 1


def test_the_command_stops_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(trace: TraceRecord) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(story, "note_cases", interrupt)

    with pytest.raises(CommandError, match="Stopped") as stopped:
        printed(closed_row().pk)

    assert stopped.value.returncode == 130
