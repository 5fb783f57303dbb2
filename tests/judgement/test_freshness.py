"""What a record proves that was observed too long ago, or that does not tell its issue day."""

import hashlib
from itertools import product
from typing import Any

import pytest

from decisions.stored import validated
from rotation.check import Reason, Supported, check_facts
from rotation.contract import CredentialFacts, CredentialKind, CredentialState, Decision, RotationReport
from rotation.policy import P7
from rotation.prompt import PROMPTS
from rotation.rules import RulesProvider
from rotation.service import recheck

pytestmark = pytest.mark.any_database

STALE: dict[str, Any] = {"record_age_hours": 169, "fresh_hours": 168}
AHEAD: dict[str, Any] = {"record_age_hours": -1, "fresh_hours": 168}
UNKNOWN: dict[str, Any] = {"age_days": None}
DOUBTS: dict[str, dict[str, Any]] = {
    "the age is unknown": UNKNOWN,
    "is too old to prove anything": STALE,
    "is dated in the future": AHEAD,
}
PASSED = Supported(Decision.ELIGIBLE, ("P-7",))
# Of every prompt before there was freshness, for each record that this file makes with `every_record`.
PROMPTS_BEFORE = "ba29b5552f8574eb"


def facts(**changes: Any) -> CredentialFacts:
    known: dict[str, Any] = {
        "kind": CredentialKind.SERVICE_ACCOUNT_KEY,
        "state": CredentialState.ACTIVE,
        "age_days": 12,
    }
    return CredentialFacts(**{"label": "invoice-sync", **known, **changes})


def every_record(**more: Any) -> list[CredentialFacts]:
    ages = (-1, 0, 1, 12, 30, 31, 400, 739_000)
    mixes = product(CredentialKind, CredentialState, ages)
    return [facts(kind=kind, state=state, age_days=age, **more) for kind, state, age in mixes]


def verdict(decision: Decision = Decision.ELIGIBLE, **changes: Any) -> Decision | Reason:
    found = check_facts(decision, ["P-7"], facts(**changes), P7)
    return found.decision if isinstance(found, Supported) else found.reason


def test_eligible_holds_up_to_the_bound_and_fails_closed_outside() -> None:
    bounds = {hours: verdict(record_age_hours=hours, fresh_hours=168) for hours in (-1, 0, 1, 168, 169, 9_999)}

    assert bounds == {
        **dict.fromkeys((0, 1, 168), Decision.ELIGIBLE),
        **dict.fromkeys((-1, 169, 9_999), Reason.RECORD_STALE),
    }


def test_without_a_bound_the_age_of_the_record_is_no_reason() -> None:
    assert [verdict(record_age_hours=hours) for hours in (-1, 0, 9_999)] == [Decision.ELIGIBLE] * 3


def test_an_unknown_age_supports_no_eligible() -> None:
    assert verdict(**UNKNOWN) == Reason.AGE_UNKNOWN
    assert not P7.covers(facts(**UNKNOWN))


def test_other_decisions_hold_whatever_the_record_proves() -> None:
    for decision, doubt in product((Decision.NOT_ELIGIBLE, Decision.NEEDS_REVIEW), DOUBTS.values()):
        assert verdict(decision, **doubt) == decision


def test_the_first_doubt_names_the_reason() -> None:
    disabled: dict[str, Any] = {"state": CredentialState.DISABLED}

    assert verdict(**STALE, **UNKNOWN, **disabled) == Reason.RECORD_STALE
    assert verdict(**UNKNOWN, **disabled) == Reason.AGE_UNKNOWN
    assert verdict(age_days=400, **disabled) == Reason.AGE_EXCEEDS_WINDOW


def test_facts_that_were_stored_under_policy_1_are_judged_without_the_new_rules() -> None:
    stored = {"label": "invoice-sync", "kind": "service_account_key", "state": "active", "age_days": 12}

    loaded = validated(CredentialFacts, stored)

    assert loaded == facts()
    assert recheck("eligible", ("P-7",), loaded) is None


def test_the_line_covers_what_the_check_lets_pass() -> None:
    doubts: list[dict[str, Any]] = [{}, *DOUBTS.values(), {"record_age_hours": 9_999}]
    for doubt in doubts:
        assert P7.covers(facts(**doubt)) == (check_facts(Decision.ELIGIBLE, ["P-7"], facts(**doubt), P7) == PASSED)


@pytest.mark.parametrize(
    "observed", [{}, {"record_age_hours": 168, "fresh_hours": 168}, {"record_age_hours": -5}], ids=str
)
def test_a_prompt_without_a_doubt_is_what_it_always_was(observed: dict[str, int]) -> None:
    words = hashlib.sha256()

    for record in every_record(**observed):
        for prompt in PROMPTS.values():
            words.update(prompt.system(record).encode() + b"\0")

    assert words.hexdigest()[:16] == PROMPTS_BEFORE


def test_a_prompt_names_each_doubt_only_where_it_is_so(subtests: pytest.Subtests) -> None:
    mixes: list[dict[str, Any]] = [{}, *DOUBTS.values(), UNKNOWN | STALE, UNKNOWN | AHEAD]

    for mix, prompt in product(mixes, PROMPTS.values()):
        with subtests.test(f"{mix} {prompt.version}"):
            system = prompt.system(facts(**mix))
            assert {words for words in DOUBTS if words in system} == {
                words for words, doubt in DOUBTS.items() if doubt.items() <= mix.items()
            }
            assert "None" not in system


def test_the_rules_propose_no_eligible_by_a_record_in_doubt() -> None:
    report = RotationReport(account_id="acct_10234", credential_report="Service-account key is stale.")

    answers = [
        RulesProvider().decide(report, record).answer
        for record in (facts(), *(facts(**doubt) for doubt in DOUBTS.values()))
    ]

    assert ['"eligible"' in answer for answer in answers] == [True, False, False, False]
    assert ["needs_review" in answer for answer in answers] == [False, True, True, True]
