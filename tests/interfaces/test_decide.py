"""`POST /rotation/decide`: what a program gets for a report that is accepted."""

import json
from datetime import timedelta

import pytest
from django.db.models import F
from pytest_django import Settings

from boundary import failures
from rotation.models import Credential
from rotation.workflow import ROTATION
from tests.conftest import REPORT, Decide, MakeCredential, report
from tests.fakes import FakeProvider, answer
from tests.interfaces.conftest import CANARY
from traces.models import TraceRecord

pytestmark = pytest.mark.usefixtures("credential")

UNAVAILABLE = "Decision unavailable; retry safely."
NO_RETRY = "Trying again will not help. Ask the operator of this service, and quote the trace id."
SENTENCES = {
    "provider_rejected": f"Decision unavailable: the model's server did not accept our question. {NO_RETRY}",
    "provider_refused": f"Decision unavailable: the model declined to answer. {NO_RETRY}",
}
FAILURES: dict[type[Exception], str] = {
    TimeoutError: "provider_timeout",
    failures.ProviderTimeout: "provider_timeout",
    failures.ProviderUnreachable: "provider_unreachable",
    failures.ProviderRateLimited: "provider_rate_limited",
    failures.ProviderRejected: "provider_rejected",
    failures.ProviderError: "provider_error",
    failures.ProviderRefused: "provider_refused",
}


def test_a_decision_that_holds_is_given_in_six_keys(
    decide: Decide, provider: FakeProvider, subtests: pytest.Subtests
) -> None:
    for decision in ("eligible", "not_eligible", "needs_review"):
        with subtests.test(decision):
            provider.says = answer(decision)
            response = decide()
            assert (response.status_code, response["Content-Type"]) == (200, "application/json")
            assert response.json() == {
                "trace_id": TraceRecord.objects.get(decision=decision).trace_id,
                "status": "completed",
                "decision": decision,
                "source_line_ids": ["P-7"],
                "error_code": None,
                "error": None,
            }


def test_a_failure_of_the_provider_is_given_in_the_same_six_keys_and_is_on_the_row(
    decide: Decide, provider: FakeProvider, subtests: pytest.Subtests
) -> None:
    for failure, code in FAILURES.items():
        with subtests.test(failure.__name__):
            provider.says = failure()
            response = decide()
            row = TraceRecord.objects.get(pk=response.json()["trace_id"])
            assert response.status_code == 200
            assert response.json() == {
                "trace_id": row.trace_id,
                "status": "failed",
                "decision": None,
                "source_line_ids": [],
                "error_code": code,
                "error": SENTENCES.get(code, UNAVAILABLE),
            }
            assert (row.status, row.error_code, row.decision) == ("failed", code, None)


def test_an_answer_that_fails_the_check_on_a_retry_too_names_whom_to_ask(
    decide: Decide, provider: FakeProvider, settings: Settings, subtests: pytest.Subtests
) -> None:
    settings.SUPPORT_CONTACT = "help@example.com"
    provider.says = answer(window=60)
    unproven = ROTATION.sentences["invalid_decision"]

    first = decide().json()
    again = decide(**{"Retry-Of": first["trace_id"]}).json()
    provider.says = TimeoutError()
    late = decide(**{"Retry-Of": again["trace_id"]}).json()
    provider.says = answer(window=60)
    after_another_failure = decide(**{"Retry-Of": late["trace_id"]}).json()

    no_retry = "Trying again will not help. Ask help@example.com, and quote the trace id."
    assert first["error"] == unproven
    assert again["error"] == f"{unproven} {no_retry}"
    assert (late["error"], after_another_failure["error"]) == (UNAVAILABLE, unproven)


def test_an_answer_that_does_not_hold_is_a_failure_with_its_reason_on_the_row(
    decide: Decide, provider: FakeProvider, subtests: pytest.Subtests
) -> None:
    answers = {
        f"I think {CANARY}": "malformed_answer",
        answer(lines=["P-8"]): "missing_evidence",
        answer(window=60): "window_conflict",
        answer("eligible"): "age_exceeds_window",
    }

    for says, reason in answers.items():
        if reason == "age_exceeds_window":
            Credential.objects.update(issued_on=F("issued_on") - timedelta(days=19))
        with subtests.test(reason):
            provider.says = says
            response = decide()
            body = response.json()
            assert (body["status"], body["decision"], body["error_code"]) == ("failed", None, "invalid_decision")
            assert TraceRecord.objects.get(pk=body["trace_id"]).error_reason == reason
            assert CANARY not in response.text


def test_an_unknown_account_is_a_failure_without_a_call(decide: Decide, provider: FakeProvider) -> None:
    body = decide(report("acct_99999")).json()

    assert (body["status"], body["error_code"]) == ("failed", "account_unknown")
    assert provider.calls == []


def test_one_of_two_active_credentials_is_chosen_by_its_item(
    decide: Decide, make_credential: MakeCredential, provider: FakeProvider
) -> None:
    make_credential(item="green")

    unnamed, named = decide().json(), decide(report(item="green")).json()

    assert (unnamed["error_code"], named["status"]) == ("credential_ambiguous", "completed")
    assert [facts.label for _report, facts in provider.calls] == ["green"]


def test_the_provider_gets_the_report_and_the_facts_and_the_row_names_their_sources(
    decide: Decide, provider: FakeProvider
) -> None:
    decide()

    [(asked, facts)] = provider.calls
    row = TraceRecord.objects.get()
    assert (asked.account_id, asked.credential_report, asked.item) == ("acct_10234", REPORT, None)
    assert (facts.label, facts.age_days) == ("invoice-sync", 12)
    assert (row.source, row.submitter, row.provider, row.credential_label) == ("api", "open", "fake", "invoice-sync")


def test_a_report_within_the_bounds_is_accepted(
    decide: Decide, provider: FakeProvider, subtests: pytest.Subtests
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


def test_a_body_may_be_written_in_other_ways(decide: Decide, provider: FakeProvider) -> None:
    bodies = {
        "item null": json.dumps(report() | {"item": None}),
        "escaped": json.dumps(report(), ensure_ascii=True).replace("S", "\\u0053", 1),
        "surrogate pair": json.dumps(report(text="stale key 😀 of a robot"), ensure_ascii=True),
        "16 KiB, mostly white space": json.dumps(report(), indent=4).ljust(16 * 1024),
    }

    statuses = {name: decide(body).json()["status"] for name, body in bodies.items()}

    assert statuses == dict.fromkeys(bodies, "completed")
