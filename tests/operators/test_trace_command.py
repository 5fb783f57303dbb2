"""The `trace` command: it accepts an id in any form, and fails with a sentence."""

import json
from itertools import pairwise

import pytest
from django.core.management import CommandError

from operators import story
from tests.ledger.rows import FAILED_ROW, LATER, closed_row, insert
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
    ("typed", "complaint"),
    [
        (ABSENT, f"No trace has the id {ABSENT}."),
        (f"{ABSENT[:14]} canary", f"No trace has an id that begins with {ABSENT[:14]}."),
        ("acct_10234", "No trace is of acct_10234."),
        ("canary", "No id is in this text."),
    ],
)
def test_the_command_fails_without_a_trace(typed: str, complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint) as refused:
        printed(typed)

    assert refused.value.returncode == 1
    assert "canary" not in str(refused.value)


def test_the_command_lists_several_ids_cut_off_ids_and_an_account() -> None:
    first, second = closed_row(), insert(FAILED_ROW | {"started_at": LATER, "account_id": None})
    lines = f"{second.pk}: provider_timeout, 2026-03-01 12:00:02 UTC\n{first.pk}: eligible, 2026-03-01 12:00:00 UTC\n"

    assert printed(first.pk, "and", second.pk) == lines
    assert printed(f"task_{first.pk[6:16].upper()}…") == lines.splitlines(keepends=True)[1]
    assert json.loads(printed("What about acct 10234?", "--json"))["traces"] == [
        {
            "trace_id": first.pk,
            "account_id": "acct_10234",
            "started_at": "2026-03-01T12:00:00Z",
            "status": "completed",
            "decision": "eligible",
            "error_code": None,
        }
    ]


def test_ids_that_no_trace_has_are_named_beside_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    trace = closed_row()

    assert printed(trace.pk, ABSENT).startswith(trace.pk)
    assert capsys.readouterr().err == f"No trace has the id {ABSENT}.\n"


def test_the_command_stops_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(trace: TraceRecord) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(story, "note_cases", interrupt)

    with pytest.raises(CommandError, match="Stopped") as stopped:
        printed(closed_row().pk)

    assert stopped.value.returncode == 130
