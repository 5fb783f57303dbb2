"""The figures of the overview: what is counted in which window, and by what."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from operators.overview import OutcomeCount, PromptFigures, WindowFigures, count_windows
from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW, INVALID, NOW, RUNNING_ROW, insert
from traces.codes import ErrorCode
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db

PROMPT_1, PROMPT_2 = "rotation_decision@1", "rotation_decision@2"
INVALID_ROW = FAILED_ROW | {"error_code": INVALID.error_code, "error_reason": INVALID.error_reason}


def windows() -> tuple[WindowFigures, ...]:
    decisions, prompts = ["eligible", "needs_review"], [PROMPT_1, PROMPT_2]
    return count_windows(TraceRecord.objects.all(), decisions=decisions, prompt_versions=prompts, at=NOW)


def started(**ago: int) -> dict[str, object]:
    return {"started_at": NOW - timedelta(**ago)}


def test_a_request_counts_in_each_window_that_it_started_in() -> None:
    for ago in ({"minutes": 59}, {"hours": 23}, {"days": 6}, {"days": 8}):
        insert(COMPLETED_ROW | started(**ago))

    assert [(each.name, each.requests) for each in windows()] == [("hour", 1), ("day", 2), ("week", 3)]


def test_a_window_holds_its_first_moment_and_not_its_last(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    insert(COMPLETED_ROW | started(hours=1))
    insert(COMPLETED_ROW | started(hours=0))

    with django_assert_num_queries(1):
        assert [each.requests for each in windows()] == [1, 1, 1]


def test_outcomes_of_all_prompts_are_decisions_then_codes_then_running_the_most_frequent_first() -> None:
    needs_review, of_another = COMPLETED_ROW | {"decision": "needs_review"}, INVALID_ROW | {"prompt_version": PROMPT_2}
    for row in (RUNNING_ROW, COMPLETED_ROW, needs_review, needs_review, FAILED_ROW, INVALID_ROW, of_another):
        insert(row | started(minutes=1))

    assert windows()[0].outcomes == (
        OutcomeCount("completed", "needs_review", 2),
        OutcomeCount("completed", "eligible", 1),
        OutcomeCount("failed", "invalid_decision", 2),
        OutcomeCount("failed", "provider_timeout", 1),
        OutcomeCount("running", "running", 1),
    )


def test_each_prompt_version_has_its_share_of_refused_answers() -> None:
    for row in (COMPLETED_ROW, COMPLETED_ROW, COMPLETED_ROW, INVALID_ROW):
        insert(row | started(minutes=1))
    insert(INVALID_ROW | started(minutes=1) | {"prompt_version": PROMPT_2})

    assert windows()[0].prompts == (PromptFigures(PROMPT_1, 4, 4, 1), PromptFigures(PROMPT_2, 1, 1, 1))
    assert [prompt.refused_percent for prompt in windows()[0].prompts] == [25, 100]


def test_failures_before_the_model_was_asked_are_not_in_the_share() -> None:
    for code in (ErrorCode.ACCOUNT_UNKNOWN, ErrorCode.CREDENTIAL_AMBIGUOUS):
        insert(FAILED_ROW | started(minutes=1) | {"error_code": code})

    (prompt,) = windows()[0].prompts

    assert (prompt.requests, prompt.asked, prompt.refused_percent) == (2, 0, None)


def test_an_empty_ledger_has_empty_windows() -> None:
    empty = count_windows(TraceRecord.objects.all(), decisions=[], prompt_versions=[], at=NOW)

    assert [(each.requests, each.outcomes, each.prompts) for each in empty] == [(0, (), ())] * 3
