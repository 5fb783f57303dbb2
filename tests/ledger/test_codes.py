"""The closed sets of the ledger are contracts: operators' searches and clients' code rely on their spelling."""

from rotation.words import SENTENCES
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


def test_each_error_code_says_who_acts_and_what_happened() -> None:
    assert ErrorCode.values == list(TABLE)
    assert WHO_ACTS == TABLE
    for code in ErrorCode:
        assert code.label[0].isupper(), code
        assert code.label.endswith("."), code


def test_every_provider_code_after_which_a_retry_can_help_has_the_same_sentence_in_rotation() -> None:
    final = {"provider_rejected", "provider_refused"}
    sentences = {SENTENCES[code] for code in ErrorCode if code.startswith("provider_") and code not in final}

    assert sentences == {"Decision unavailable; retry safely."}


def test_the_statuses_and_sources_are_exactly_these() -> None:
    assert Status.values == ["running", "completed", "failed"]
    assert Source.values == ["web", "api", "eval", "batch"]
