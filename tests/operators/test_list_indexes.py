"""Each filter of the list of traces has its index. `python -m bench.growth` measures the times."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from operators.follow_ups import follow_ups, unmoved
from operators.review_queue import asked, waiting
from tests.ledger.plans import fill_ledger, is_walk, prefer_sorted_indexes
from tests.ledger.rows import NOW
from traces.models import TraceRecord
from traces.review_requests import ReviewRequest

pytestmark = pytest.mark.django_db

ASKED: dict[str, dict[str, Any]] = {
    "traces_latest": {"started_at__gte": NOW - timedelta(days=1)},
    "traces_status_latest": {"status": "failed"},
    "traces_error_latest": {"error_code": "provider_timeout"},
    "traces_decision_latest": {"decision": "decision_7"},
    "traces_workflow_latest": {"workflow": "workflow_7"},
    "traces_prompt_latest": {"prompt_version": "prompt@7"},
    "traces_provider_latest": {"provider": "provider_7"},
    "traces_source_latest": {"source": "eval"},
    "traces_account_latest": {"account_id": "acct_00007"},
    "traces_submitter_latest": {"submitter": "user:7"},
    "traces_fingerprint_latest": {"input_fingerprint": f"{7:032}"},
}


@pytest.fixture(autouse=True)
def _ledger() -> None:
    fill_ledger(until=NOW)
    prefer_sorted_indexes()


def test_a_filter_walks_its_index_from_the_newest_row() -> None:
    plans = {
        index: TraceRecord.objects.filter(**asked).order_by("-started_at").explain() for index, asked in ASKED.items()
    }

    assert [plan for index, plan in plans.items() if not is_walk(plan, index)] == []


def test_the_next_value_of_a_column_is_one_step_in_an_index() -> None:
    for column in ("decision", "prompt_version", "provider", "workflow"):
        following = TraceRecord.objects.filter(**{f"{column}__gt": "a"}).order_by(column).values_list(column)[:1]

        plan = following.explain()

        assert is_walk(plan, f"traces_{column.removesuffix('_version')}_latest"), plan


def test_follow_through_finds_the_latest_decisions_in_an_index() -> None:
    followed = replace(follow_ups()["rotation"], decision="decision_7")

    plan = unmoved(followed, TraceRecord.objects.order_by(), at=NOW + timedelta(days=31)).explain()

    assert is_walk(plan, "traces_decision_latest"), plan


def test_the_queue_reads_the_rows_of_its_decision_and_not_all_of_its_workflow() -> None:
    fill_ledger(until=NOW, workflow="rotation")

    plan = waiting(TraceRecord.objects.order_by("-started_at")).explain()

    assert is_walk(plan, "traces_decision_latest"), plan


def test_the_requests_for_a_person_are_walked_from_the_oldest() -> None:
    plan = asked(ReviewRequest.objects.all()).explain()

    assert is_walk(plan, "traces_requests_oldest"), plan
