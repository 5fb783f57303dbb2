"""Each way to ask the operators' list has an index of its own; how quick it is, `python -m bench.growth` tells."""

from typing import Any

import pytest
from django.db import connection

from tests.ledger.rows import NOW
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db

ASKED: dict[str, dict[str, Any]] = {
    "traces_latest": {"started_at__gte": NOW},
    "traces_status_latest": {"status": "failed"},
    "traces_error_latest": {"error_code": "interrupted"},
    "traces_decision_latest": {"decision": "needs_review"},
    "traces_workflow_latest": {"workflow": "rotation"},
    "traces_prompt_latest": {"prompt_version": "rotation_decision@1"},
    "traces_provider_latest": {"provider": "openai"},
    "traces_source_latest": {"source": "eval"},
    "traces_account_latest": {"account_id": "acct_10234"},
    "traces_fingerprint_latest": {"input_fingerprint": "0" * 32},
}


@pytest.fixture(autouse=True)
def _unwilling_to_scan() -> None:
    """PostgreSQL reads a small table whole, whatever indexes it has."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")


@pytest.mark.parametrize(("index", "asked"), ASKED.items(), ids=ASKED.keys())
def test_a_filter_walks_its_index_from_the_newest_row(index: str, asked: dict[str, Any]) -> None:
    plan = TraceRecord.objects.filter(**asked).order_by("-started_at").explain()

    assert index in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize("column", ["decision", "prompt_version", "provider", "workflow"])
def test_the_next_value_of_a_column_is_one_step_in_an_index(column: str) -> None:
    following = TraceRecord.objects.filter(**{f"{column}__gt": "a"}).order_by(column).values_list(column)[:1]

    plan = following.explain()

    assert f"traces_{column.removesuffix('_version')}_latest" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan
