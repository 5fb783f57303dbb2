"""`POST /rotation/decide`: what a program gets for a report that is accepted."""

import json

import pytest

from boundary.failures import (
    ProviderError,
    ProviderFailure,
    ProviderRateLimited,
    ProviderRefused,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnreachable,
)
from rotation.models import Credential
from tests.conftest import REPORT, Decide, MakeCredential, report
from tests.faces.conftest import CANARY
from tests.fakes import FakeProvider, answer
from traces.models import TraceRecord

UNAVAILABLE = "Decision unavailable; retry safely."
FAILURES: dict[type[ProviderFailure], str] = {
    ProviderTimeout: "provider_timeout",
    ProviderUnreachable: "provider_unreachable",
    ProviderRateLimited: "provider_rate_limited",
    ProviderRejected: "provider_rejected",
    ProviderError: "provider_error",
    ProviderRefused: "provider_refused",
}


@pytest.mark.parametrize("decision", ["eligible", "not_eligible", "needs_review"])
def test_a_decision_that_holds_is_given_in_six_keys(
    decide: Decide, credential: Credential, provider: FakeProvider, decision: str
) -> None:
    provider.says = answer(decision)

    response = decide()

    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response.json() == {
        "trace_id": TraceRecord.objects.get().trace_id,
        "status": "completed",
        "decision": decision,
        "source_line_ids": ["P-7"],
        "error_code": None,
        "error": None,
    }


def test_a_timeout_of_the_provider_is_a_failure_in_the_same_six_keys_and_on_the_row(
    decide: Decide, credential: Credential, provider: FakeProvider
) -> None:
    provider.says = TimeoutError(CANARY)

    response = decide()

    row = TraceRecord.objects.get()
    assert response.status_code == 200
    assert response.json() == {
        "trace_id": row.trace_id,
        "status": "failed",
        "decision": None,
        "source_line_ids": [],
        "error_code": "provider_timeout",
        "error": UNAVAILABLE,
    }
    assert (row.status, row.error_code, row.error, row.decision) == ("failed", "provider_timeout", UNAVAILABLE, None)


def test_every_failure_of_a_provider_has_its_code_and_one_sentence(
    decide: Decide, credential: Credential, provider: FakeProvider, subtests: pytest.Subtests
) -> None:
    for failure, code in FAILURES.items():
        with subtests.test(code):
            provider.says = failure()
            body = decide().json()
            assert (body["status"], body["error_code"], body["error"]) == ("failed", code, UNAVAILABLE)


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        (f"I think {CANARY}", "malformed_answer"),
        (answer(lines=["P-8"]), "missing_evidence"),
        (answer(window=60), "window_conflict"),
    ],
    ids=["malformed", "other evidence", "other window"],
)
def test_an_answer_that_does_not_hold_is_a_failure_with_its_reason_on_the_row(
    decide: Decide, credential: Credential, provider: FakeProvider, says: str, reason: str
) -> None:
    provider.says = says

    response = decide()

    assert response.json()["error_code"] == "invalid_decision"
    assert TraceRecord.objects.get().error_reason == reason
    assert CANARY not in response.text


def test_a_key_past_the_window_is_never_eligible(
    decide: Decide, make_credential: MakeCredential, provider: FakeProvider
) -> None:
    make_credential(age_days=31)

    body = decide().json()

    assert (body["status"], body["decision"], body["error_code"]) == ("failed", None, "invalid_decision")


def test_an_unknown_account_is_a_failure_without_a_call(decide: Decide, db: None, provider: FakeProvider) -> None:
    body = decide().json()

    assert (body["status"], body["error_code"]) == ("failed", "account_unknown")
    assert provider.calls == []


def test_two_active_credentials_want_an_item(
    decide: Decide, make_credential: MakeCredential, provider: FakeProvider
) -> None:
    make_credential(item="blue")
    make_credential(item="green")

    unnamed, named = decide().json(), decide(report(item="green")).json()

    assert (unnamed["error_code"], named["status"]) == ("credential_ambiguous", "completed")
    assert [facts.label for _report, facts in provider.calls] == ["green"]


def test_the_provider_gets_the_report_and_the_facts_of_our_record(
    decide: Decide, credential: Credential, provider: FakeProvider
) -> None:
    decide()

    [(asked, facts)] = provider.calls
    assert (asked.account_id, asked.credential_report, asked.item) == ("acct_10234", REPORT, None)
    assert (facts.label, facts.age_days) == ("invoice-sync", 12)


def test_a_report_within_the_bounds_is_accepted(
    decide: Decide, credential: Credential, provider: FakeProvider, subtests: pytest.Subtests
) -> None:
    texts = {
        "0123456789": "0123456789",
        "x" * 500: "x" * 500,
        "x" * 250 + "\r\n" + "x" * 249: "x" * 250 + "\n" + "x" * 249,
        "  0123456789\r\n": "0123456789",
        "😀" * 500: "😀" * 500,
    }

    for text, arrives in texts.items():
        with subtests.test(f"{len(text)} characters, {text[:3]!r}"):
            assert decide(report(text=text)).json()["status"] == "completed"
            assert provider.calls[-1][0].credential_report == arrives


def test_a_body_may_be_written_in_other_ways(decide: Decide, credential: Credential, provider: FakeProvider) -> None:
    bodies = {
        "item null": json.dumps(report() | {"item": None}),
        "escaped": json.dumps(report(), ensure_ascii=True).replace("S", "\\u0053", 1),
        "surrogate pair": json.dumps(report(text="stale key 😀 of a robot"), ensure_ascii=True),
        "white space": json.dumps(report(), indent=4) + "\n",
    }

    statuses = {name: decide(body).json()["status"] for name, body in bodies.items()}

    assert statuses == dict.fromkeys(bodies, "completed")


def test_the_row_names_the_source_the_submitter_and_the_provider(
    decide: Decide, credential: Credential, provider: FakeProvider
) -> None:
    decide()

    row = TraceRecord.objects.get()
    assert (row.source, row.submitter, row.provider, row.credential_label) == ("api", "open", "fake", "invoice-sync")
