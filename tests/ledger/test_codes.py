"""The closed sets of the ledger are contracts: operators' searches and clients' code rely on their spelling."""

import pytest

from traces.codes import WHO_ACTS, ErrorCode, Source, Status

TABLE = {
    "account_unknown": "customer checks the id",
    "credential_ambiguous": "customer names the item",
    "provider_timeout": "customer retries",
    "provider_unreachable": "operator",
    "provider_rate_limited": "customer retries later",
    "provider_rejected": "operator",
    "provider_error": "customer retries",
    "provider_refused": "operator reviews",
    "invalid_decision": "operator; reason on the row",
    "interrupted": "customer retries",
    "internal_error": "engineer",
}


def test_the_error_codes_are_exactly_these() -> None:
    assert ErrorCode.values == list(TABLE)


def test_every_code_says_who_acts() -> None:
    assert WHO_ACTS == TABLE


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_has_a_sentence(code: ErrorCode) -> None:
    assert code.label[0].isupper()
    assert code.label.endswith(".")


@pytest.mark.parametrize("code", [code for code in ErrorCode if code.startswith("provider_")])
def test_every_provider_code_reads_the_same(code: ErrorCode) -> None:
    assert code.label == "Decision unavailable; retry safely."


def test_the_statuses_and_sources_are_exactly_these() -> None:
    assert Status.values == ["running", "completed", "failed"]
    assert Source.values == ["web", "api", "eval"]
