"""The page of an eval run: it shows the judgements of any suite."""

import re

import pytest
from django.test import Client

from evals.models import EvalRun
from tests.ledger.rows import LATER, NOW

FIGURES = {"passed": 1, "measured": 2, "low": 0.1, "high": 0.9}
OUTCOME = {"name": "late-parcel", "attempt": 1, "said": "order", "passed": False, "measured": True, "trace_id": None}


@pytest.mark.django_db
def test_the_columns_are_the_questions_that_the_suite_judges_by(admin_client: Client) -> None:
    outcomes = [OUTCOME | {"summary_holds": True}, OUTCOME | {"leaked": False}]
    run = EvalRun.objects.create(
        suite="tickets",
        gate_holds=True,
        whole_split=True,
        figures=FIGURES,
        outcomes=outcomes,
        started_at=NOW,
        finished_at=LATER,
    )

    page = admin_client.get(f"/admin/evals/evalrun/{run.pk}/change/").text

    table = page[page.index('<table><thead><tr><th scope="col">case') :]
    columns = re.findall('<th scope="col">(.*?)</th>', table)
    assert columns == ["case", "attempt", "said", "leaked", "measured", "passed", "summary holds", "trace"]
    cells = re.findall("<td>(.*?)</td>", table)
    assert cells == [
        *("late-parcel", "1", "order", "-", "yes", "no", "yes", "-"),
        *("late-parcel", "1", "order", "no", "yes", "no", "-", "-"),
    ]
