"""`fingerprint --as-case`: a reviewed text becomes a labelled case on standard output, and nothing is stored."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from decisions.registry import workflows
from decisions.workflow import ReviewWords
from evals.cases import load_suite
from evals.suites import SuiteFile
from rotation.suite import SUITE as ROTATION_SUITE
from rotation.workflow import ROTATION
from tests.commands.conftest import Ran, run
from tests.evals.thanks_suite import JUDGED_THANKS
from tests.evals.thanks_suite import SUITE as THANKS_SUITE
from tests.ledger.rows import COMPLETED_ROW, LATER, insert
from tests.thanks import workflow as thanks_module
from traces.fingerprints import fingerprint
from traces.models import TraceRecord
from traces.reviews import Review

pytestmark = pytest.mark.django_db

TEXT = "The key of sa/billing is stale, says the sweep. Ungültig?"
FACTS = {"label": "billing", "kind": "service_account_key", "state": "active", "age_days": 12, "record_age_hours": 5}
Paste = Callable[..., Ran]


@pytest.fixture
def paste(monkeypatch: pytest.MonkeyPatch) -> Paste:
    """Give a text to the command."""

    def give(text: str = TEXT, *, on_terminal: bool = False, options: tuple[str, ...] = ("--as-case",)) -> Ran:
        stdin = SimpleNamespace(buffer=BytesIO(text.encode()), isatty=lambda: on_terminal)
        monkeypatch.setattr(sys, "stdin", stdin)
        return run("fingerprint", *options)

    return give


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def traced(settings: Settings) -> Callable[..., TraceRecord]:
    def insert_row(**changes: Any) -> TraceRecord:
        key = settings.FINGERPRINT_KEYS[0]
        marks = {"input_fingerprint": fingerprint(TEXT, key), "fingerprint_key_id": key.id}
        return insert(COMPLETED_ROW | marks | {"decision": "needs_review", "facts": FACTS} | changes)

    return insert_row


def review(trace: TraceRecord, by: User, *, number: int = 1, outcome: str = "cannot_tell", hours: int = 0) -> Review:
    written = {"outcome": outcome, "reason": "confirmed_by_owner", "note": "canary of a note"}
    at = LATER + timedelta(hours=hours)
    return Review.objects.create(trace=trace, number=number, reviewer=by, reviewed_at=at, **written)


@pytest.mark.parametrize(
    ("outcome", "expected", "acceptable"),
    [
        ("rotation_supported", "eligible", ["eligible"]),
        ("rotation_not_supported", "not_eligible", ["not_eligible", "needs_review"]),
        ("cannot_tell", "needs_review", ["needs_review"]),
    ],
)
def test_the_outcome_gives_the_label_and_the_line_is_a_suite(
    paste: Paste,
    traced: Callable[..., TraceRecord],
    ada: User,
    tmp_path: Path,
    outcome: str,
    expected: str,
    acceptable: list[str],
) -> None:
    trace = traced()
    review(trace, ada, outcome=outcome)

    ran = paste(f"\r\n{TEXT}\r\n")

    (tmp_path / "one.jsonl").write_text(ran.out)
    (case,) = load_suite(SuiteFile(tmp_path / "one.jsonl", ROTATION, ROTATION_SUITE)).cases
    written = json.loads(ran.out)
    assert (written["expected_decision"], written["acceptable_decisions"]) == (expected, acceptable)
    assert (written["credential_age_days"], written["record_age_hours"], written["account_id"]) == (12, 5, "acct_10234")
    assert (case.name, case.split, case.tags) == (f"reviewed-{trace.pk[6:]}", "dev", ("reviewed",))
    assert case.as_report.sent_text == TEXT
    assert case.why.endswith(" The account's owner confirmed what was reported.")
    assert (ran.code, ran.err) == (0, f"{trace.pk}: {outcome}, 2026-03-01.\n")
    assert "canary" not in ran.out


def test_nothing_is_stored(paste: Paste, traced: Callable[..., TraceRecord], ada: User) -> None:
    review(traced(), ada)
    before = [*TraceRecord.objects.values(), *Review.objects.values()]

    paste()

    assert [*TraceRecord.objects.values(), *Review.objects.values()] == before


def test_the_latest_review_counts_and_another_outcome_is_mentioned(
    paste: Paste, traced: Callable[..., TraceRecord], ada: User
) -> None:
    first, then = traced(), traced()
    review(first, ada, hours=5, outcome="rotation_supported")
    review(then, ada, hours=1, outcome="rotation_supported")
    assert "Another trace" not in paste().err

    review(then, ada, number=2, hours=9, outcome="rotation_not_supported")

    ran = paste()
    assert json.loads(ran.out)["name"] == f"reviewed-{then.pk[6:]}"
    assert ran.err.startswith(f"{then.pk}: rotation_not_supported, ")
    assert ran.err.endswith(" Another trace of this report was reviewed with another outcome.\n")


@pytest.mark.parametrize(
    ("changes", "outcome", "expected"),
    [
        ({"facts": {"kind": "from the future"}}, "cannot_tell", "its facts cannot be read."),
        ({"workflow": "gone"}, "cannot_tell", "its workflow makes no case of this outcome."),
        ({"workflow": "tickets"}, "cannot_tell", "its workflow makes no case of this outcome."),
        ({}, "of_the_future", "its workflow makes no case of this outcome."),
        ({"facts": FACTS | {"age_days": 45}}, "rotation_supported", "the record does not support the label eligible"),
        ({"facts": FACTS | {"record_age_hours": 169}}, "rotation_supported", "does not support the label eligible"),
        ({"facts": FACTS | {"age_days": -1}}, "cannot_tell", "credential_age_days: Input should be greater than"),
    ],
)
def test_what_cannot_be_a_case_is_refused_in_a_sentence(
    paste: Paste, traced: Callable[..., TraceRecord], ada: User, changes: dict[str, Any], outcome: str, expected: str
) -> None:
    trace = traced(**changes)
    review(trace, ada, outcome=outcome)

    ran = paste()

    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"{trace.pk}: ")
    assert expected in ran.err
    assert "sa/billing" not in ran.err


def test_a_text_without_a_trace_or_a_review_is_refused(paste: Paste, traced: Callable[..., TraceRecord]) -> None:
    assert paste() == Ran(1, "", "No trace has this report.")

    traced()

    assert paste() == Ran(1, "", "No trace of this report was reviewed.")


def test_a_terminal_is_told_how_to_end_the_text(paste: Paste) -> None:
    told = "Paste the report. End it with Enter, then Ctrl-D on a line of its own.\n"

    assert paste(on_terminal=True, options=()).err == told
    assert paste(options=()).err == ""


@pytest.fixture
def reviewed_thanks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the third workflow words for reviews with labels, and a suite that takes them."""
    words = ReviewWords(
        reviewable="other",
        outcomes={"thanks_indeed": "The sender says thanks."},
        reasons={"confirmed_by_owner": "The sender said so."},
        other_reason="other",
        labels={"thanks_indeed": "thanks"},
    )
    suite = replace(
        THANKS_SUITE, label_review=lambda _account, text, _facts, decision: {"message": text, "kind": decision}
    )
    monkeypatch.setattr(thanks_module, "THANKS", replace(JUDGED_THANKS, review=words, suite=suite))
    workflows.cache_clear()
    yield
    workflows.cache_clear()


@pytest.mark.usefixtures("reviewed_thanks")
def test_any_workflow_with_words_and_a_suite_has_cases(
    paste: Paste, traced: Callable[..., TraceRecord], ada: User
) -> None:
    review(traced(workflow="thanks", account_id=None, facts={}, decision="other"), ada, outcome="thanks_indeed")

    case = THANKS_SUITE.case.model_validate_json(paste().out)

    assert (case.expected, case.as_report.sent_text) == ("thanks", TEXT)
    assert case.why == "The sender says thanks. The sender said so."
