"""Each rule refuses at most one in a hundred of the fair summaries, and still finds what is invented."""

import json
from functools import cache
from itertools import cycle
from pathlib import Path

import pytest

from tickets.check import Reason
from tickets.grounding import ungrounded
from tickets.lines import is_one_line
from tickets.personal_data import holds_personal_data
from tickets.scripts import language_conflict

pytestmark = pytest.mark.any_database

HIGHEST_RATE = 0.01
INVENTED = (
    *("for order ZX-7", "for 4711 pieces", "of €63.17", "on 9 February 2021", "on 2021-02-09", "at 3:17 am"),
    *("(see bit.ly/a1)", "(“bitte sofort stornieren”)", "for job 9120377"),
)


@cache
def fair_summaries() -> tuple[tuple[str, str], ...]:
    """Return each text with its summary."""
    lines = Path(__file__).with_name("fair_summaries.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    return tuple((case["text"], case["summary"]) for case in cases)


def test_each_rule_refuses_at_most_one_fair_summary_in_a_hundred(subtests: pytest.Subtests) -> None:
    cases = fair_summaries()
    refused = {
        Reason.MALFORMED_TICKET: sum(not is_one_line(summary) for _text, summary in cases),
        Reason.PERSONAL_DATA: sum(holds_personal_data(summary) for _text, summary in cases),
        Reason.UNGROUNDED_DETAIL: sum(ungrounded(summary, text) for text, summary in cases),
        Reason.LANGUAGE_CONFLICT: sum(language_conflict(summary, text) for text, summary in cases),
    }

    for reason, count in refused.items():
        print(f"\n{reason}: {count} of {len(cases)} fair summaries ({count / len(cases):.2%})")  # noqa: T201 - its number
        with subtests.test(reason):
            assert count / len(cases) <= HIGHEST_RATE


def test_invented_detail_is_found_in_every_fair_summary() -> None:
    cases = zip(cycle(INVENTED), fair_summaries(), strict=False)

    missed = [
        (summary, invented) for invented, (text, summary) in cases if not ungrounded(f"{summary} {invented}", text)
    ]

    assert not missed
