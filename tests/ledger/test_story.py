"""The story of a trace: what happened, in order, why it ended so and who acts; on the page as in the command."""

import html
import json
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from rotation.check import Reason
from tests.ledger.rows import COMPLETED_ROW, FAILED_ROW, INVALID, NOW, closed_row, insert, open_row
from tests.ledger.telling import facts, sections
from traces.codes import WHO_ACTS, ErrorCode, Source
from traces.reviews import Review, ReviewOutcome, ReviewReason
from traces.story import page_address

pytestmark = pytest.mark.django_db

LIST = "/admin/traces/tracerecord/"
ABSENT = "trace_" + "7" * 26
NO_RECORD = {"credential_kind": None, "credential_state": None, "credential_age_days": None, "credential_label": None}


def test_a_refused_answer_is_told_from_request_to_who_acts() -> None:
    trace = closed_row(INVALID)

    assert list(sections(trace)) == [
        "Request", "Trusted facts", "Provider", "Evidence", "Check", "Outcome", "Other traces",
    ]  # fmt: skip
    assert sections(trace)["Check"] == [
        ("Policy", "policy@1"),
        ("Check", "refused: window_conflict"),
        ("Why", "The answer named another window than the policy line's."),
    ]
    assert sections(trace)["Outcome"] == [
        ("Status", "failed"),
        ("Error code", "invalid_decision"),
        ("The sender reads", "The answer could not be proven from our records, so no decision was made."),
        ("Who acts", "operator; reason on the row"),
        ("Finished", "2026-03-01 12:00:02 UTC"),
        ("Total time", "2,000 ms"),
        ("Our own time", "2,000 ms"),
    ]


def test_a_decision_is_told_with_what_it_rests_on() -> None:
    trace = closed_row()

    known = facts(trace)

    assert known["Report's fingerprint"] == f"{trace.input_fingerprint} under the key test"
    assert (known["Credential"], known["Kind"], known["State"]) == ("invoice-sync", "service_account_key", "active")
    assert (known["Age"], known["Model"], known["Tokens in"]) == ("12 days", "answered-model", "310")
    assert (known["Policy lines cited"], known["Check"], known["Decision"]) == ("P-7", "passed", "eligible")


@pytest.mark.parametrize(
    ("latency_ms", "provider_ms", "own"),
    [(2000, 1200, "800 ms"), (2000, None, "2,000 ms"), (1200, 1201, "0 ms"), (None, 1200, "not known")],
)
def test_our_own_time_is_what_the_provider_did_not_take(latency_ms: int, provider_ms: int, own: str) -> None:
    trace = insert(FAILED_ROW | {"latency_ms": latency_ms, "provider_ms": provider_ms})

    assert facts(trace)["Our own time"] == own


def test_a_request_without_a_record_tells_that_nobody_was_asked() -> None:
    known = facts(insert(FAILED_ROW | NO_RECORD | {"error_code": ErrorCode.ACCOUNT_UNKNOWN}))

    assert known["Credential"] == "no trusted record was found"
    assert known["Call"] == "none: the request ended before"
    assert known["Check"] == "not reached"


def test_a_running_trace_tells_for_how_long() -> None:
    trace = open_row(at=timezone.now() - timedelta(seconds=3))

    assert facts(trace)["Running for"] in {"3 s", "4 s"}


def test_a_trace_left_running_is_closed_before_it_is_told() -> None:
    left = open_row(at=timezone.now() - timedelta(hours=1))

    assert facts(left)["Error code"] == "interrupted"


@pytest.mark.parametrize("code", ErrorCode)
def test_every_error_code_tells_its_sentence_and_who_acts(code: ErrorCode) -> None:
    reason = "window_conflict" if code == ErrorCode.INVALID_DECISION else None

    known = facts(insert(FAILED_ROW | {"error_code": code, "error_reason": reason}))

    assert (known["The sender reads"], known["Who acts"]) == (code.label, WHO_ACTS[code])


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_of_the_check_has_a_sentence(reason: Reason) -> None:
    row = FAILED_ROW | {"error_code": ErrorCode.INVALID_DECISION, "error_reason": reason.value}

    assert facts(insert(row))["Why"].endswith(".")
    assert "Why" not in facts(insert(row | {"workflow": "tickets"}))


@pytest.mark.parametrize(("source", "shown"), [(Source.WEB, Source.API), (Source.EVAL, Source.EVAL)])
def test_the_links_lead_to_the_same_account_and_the_same_report(
    admin_client: Client, source: Source, shown: Source
) -> None:
    trace = closed_row(source=source)
    same_account = closed_row(source=shown, input_fingerprint="1" * 32)
    same_report = closed_row(source=shown, account_id="acct_20468")

    links = re.findall(r'<dd><a href="([^"]*)">All traces of', admin_client.get(page_address(trace.pk)).text)
    account, report = (admin_client.get(html.unescape(link)) for link in links)

    assertContains(account, same_account.pk)
    assertNotContains(account, same_report.pk)
    assertContains(report, same_report.pk)
    assertNotContains(report, same_account.pk)


def test_the_reviews_are_told_without_their_notes(admin_user: User) -> None:
    trace = insert(COMPLETED_ROW | {"decision": "needs_review"})
    review = Review(trace=trace, number=1, reviewer=admin_user, reviewed_at=NOW, note="A note of the reviewer.")
    review.outcome, review.reason = ReviewOutcome.CANNOT_TELL, ReviewReason.AMBIGUOUS
    review.save()

    (fact,) = sections(trace)["Reviews"]

    assert fact[0] == "Review 1"
    assert fact[1].endswith("(admin, 2026-03-01 12:00:00 UTC)")
    assert "A note of the reviewer." not in json.dumps(sections(trace))


@pytest.mark.parametrize(("decision", "offered"), [("needs_review", 1), ("eligible", 0)])
def test_a_decision_that_needs_review_links_its_review(admin_client: Client, decision: str, offered: int) -> None:
    trace = insert(COMPLETED_ROW | {"decision": decision})

    assertContains(admin_client.get(page_address(trace.pk)), ">Review</a>", count=offered)
