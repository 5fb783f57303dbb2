"""The closed sets of the ledger are contracts: operators' searches and clients' code rely on their spelling."""

import pytest

from rotation.words import SENTENCES
from tickets.words import SENTENCES as TICKET_SENTENCES
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


@pytest.mark.parametrize(
    ("sentences", "expected"),
    [
        (SENTENCES, "Decision unavailable; retry safely."),
        (TICKET_SENTENCES, "Ticket extraction failed. Please try again."),
    ],
    ids=["rotation", "tickets"],
)
def test_every_code_that_a_retry_may_mend_has_the_same_sentence(sentences: dict[str, str], expected: str) -> None:
    mended = ("provider_timeout", "provider_unreachable", "provider_rate_limited", "provider_error")

    assert {sentences[code] for code in (*mended, "interrupted", "internal_error")} == {expected}


def test_the_statuses_and_sources_are_exactly_these() -> None:
    assert Status.values == ["running", "completed", "failed"]
    assert Source.values == ["web", "api", "eval", "batch"]
