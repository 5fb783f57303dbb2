"""`recheck` proves afterwards that stored decisions follow from the facts stored with them."""

from typing import Any

import pytest
from django.db import connection

from rotation.workflow import ROTATION
from tests.commands.conftest import Terminal, ctrl_c, database_that_fails, run, started, started_many
from tests.fakes import FakeProvider
from tests.ledger.rows import FAILED_ROW, RUNNING_ROW
from traces.models import TraceRecord

pytestmark = pytest.mark.django_db

FLIPS: dict[str, dict[str, Any]] = {
    "age_exceeds_window": {"credential_age_days": 31},
    "kind_not_covered": {"credential_kind": "user_password"},
    "credential_not_active": {"credential_state": "disabled"},
    "missing_evidence": {"policy_line_ids": ["P-8"]},
    "unsupported_evidence": {"policy_line_ids": ["P-7", "P-8"]},
}
NO_FACTS: dict[str, Any] = dict.fromkeys(
    ("credential_label", "credential_kind", "credential_state", "credential_age_days")
)
UNKNOWN: list[dict[str, Any]] = [{"decision": "approved"}, {"credential_kind": "ssh_key"}, {"credential_state": "lost"}]


def test_a_decision_that_would_not_hold_is_listed_and_ends_in_1() -> None:
    started()
    flipped = [f"{started(**changes).trace_id}  eligible  {reason}" for reason, changes in FLIPS.items()]

    ran = run("recheck")

    assert ran.code == 1
    assert sorted(ran.out.splitlines()[:-1]) == sorted(flipped)
    assert ran.out.splitlines()[-1] == "Replayed 6 completed decisions under policy@2; 5 would not hold."


def test_a_row_that_holds_a_word_we_do_not_know_is_listed() -> None:
    rows = [started(**changes) for changes in UNKNOWN]

    ran = run("recheck")

    assert ran.code == 1
    assert sorted(ran.out.splitlines()[:-1]) == sorted(f"{row}  {row.decision}  unreadable_row" for row in rows)


def test_a_decision_without_facts_is_listed() -> None:
    """The triggers refuse such a row; here somebody dropped them."""
    with connection.cursor() as cursor:
        for guard in ROTATION.guards:
            cursor.execute(f"DROP TRIGGER {guard.trigger}" + f" ON {guard.table}" * (connection.vendor == "postgresql"))
    row = started(**NO_FACTS)

    ran = run("recheck")

    assert (ran.code, ran.out.splitlines()[0]) == (1, f"{row.trace_id}  eligible  unreadable_row")


def test_decisions_that_hold_end_in_0() -> None:
    started(credential_age_days=30)
    started(decision="needs_review", credential_age_days=300, credential_state="disabled")
    started(decision="not_eligible", credential_kind="user_password", source="eval")
    # Its quote is not stored, so no rule on quotes can refuse it afterwards.
    started(prompt_version="rotation_decision@2")

    ran = run("recheck")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "Replayed 4 completed decisions under policy@2; 0 would not hold.\n"


def test_only_completed_decisions_of_this_workflow_are_replayed() -> None:
    started(row=FAILED_ROW, credential_age_days=31)
    started(row=RUNNING_ROW, credential_age_days=31)
    started(workflow="tickets", credential_age_days=31)
    started()

    assert run("recheck").out == "Replayed 1 completed decision under policy@2; 0 would not hold.\n"


def test_it_starts_with_the_day_that_is_named() -> None:
    started(started_at="2026-02-28T23:59:59.999999Z", credential_age_days=31)
    started(started_at="2026-03-01T00:00:00Z")

    assert run("recheck", "--since", "2026-03-01").out.startswith("Replayed 1 completed decision ")
    assert run("recheck", "--since", "2026-02-28").code == 1


def test_what_is_no_day_is_refused() -> None:
    other_digits = "202\N{ARABIC-INDIC DIGIT SIX}-03-01"
    for day in ("20260301", "2026-3-1", "2026-02-30", "2026-W09-7", "yesterday", other_digits):
        ran = run("recheck", "--since", day)

        assert ran.code == 1, day
        assert "must be a day such as 2026-11-01" in ran.err, day


def test_no_model_is_asked_and_no_row_is_changed(provider: FakeProvider) -> None:
    started(credential_age_days=31)
    before = list(TraceRecord.objects.values())

    run("recheck")

    assert provider.calls == []
    assert list(TraceRecord.objects.values()) == before


def test_progress_is_shown_on_a_terminal() -> None:
    started_many(1_001)

    assert run("recheck", err=Terminal()).err == "\r500 of 1,001\r1,000 of 1,001\n"


def test_ctrl_c_ends_it_with_what_was_done() -> None:
    started(days_ago=1, credential_age_days=31)
    started_many(600)

    ran = run("recheck", err=Terminal(on_progress=ctrl_c))

    assert ran.code == 130
    assert ran.err.splitlines()[-1] == "Stopped. Replayed 500 completed decisions under policy@2; 1 would not hold."


def test_a_database_that_fails_is_no_verdict() -> None:
    with connection.execute_wrapper(database_that_fails):
        ran = run("recheck")

    assert ran.code == 2
    assert ran.err.startswith("The ledger failed (OperationalError). Replayed 0 ")
