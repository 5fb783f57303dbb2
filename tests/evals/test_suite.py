"""What the suite beside the code holds: enough of each sort, and nothing that gives an answer away."""

import json
from collections import Counter

import pytest

from evals.cases import DEFAULT, SPLITS, Suite, load_suite, suite_path
from rotation.contract import CredentialKind, CredentialState, Decision
from rotation.prompt import EXAMPLES, Example

FIELDS = (
    "name",
    "account_id",
    "credential_age_days",
    "credential_kind",
    "credential_state",
    "report",
    "expected_decision",
    "acceptable_decisions",
    "expected_source_line_ids",
    "tags",
    "split",
    "why",
)
LANGUAGES = {
    "arabic",
    "chinese",
    "french",
    "german",
    "hindi",
    "japanese",
    "korean",
    "polish",
    "portuguese",
    "spanish",
    "ukrainian",
}


@pytest.fixture(scope="module")
def suite() -> Suite:
    return load_suite(suite_path(DEFAULT))


def test_the_suite_holds_150_cases_or_more(suite: Suite) -> None:
    assert len(suite.cases) >= 150


def test_no_two_cases_share_a_name(suite: Suite) -> None:
    names = Counter(case.name for case in suite.cases)

    assert [name for name, count in names.items() if count > 1] == []


def test_every_line_has_the_fields_of_the_contract_in_one_order() -> None:
    lines = suite_path(DEFAULT).read_text().splitlines()

    assert {tuple(json.loads(text)) for text in lines} == {FIELDS}


@pytest.mark.parametrize("split", SPLITS)
def test_each_split_holds_a_third_of_the_cases(suite: Suite, split: str) -> None:
    assert len(suite.select(split=split)) >= len(suite.cases) / 3


@pytest.mark.parametrize("decision", Decision)
@pytest.mark.parametrize("split", SPLITS)
def test_each_decision_is_right_in_a_quarter_of_each_split(suite: Suite, split: str, decision: Decision) -> None:
    cases = suite.select(split=split)

    assert sum(case.expected_decision is decision for case in cases) >= len(cases) / 4


@pytest.mark.parametrize("age_days", [0, 1, 29, 30, 31, 45, 400])
def test_every_boundary_age_is_asked_for(suite: Suite, age_days: int) -> None:
    found = {case.name for case in suite.cases if case.credential_age_days == age_days}

    assert found
    assert found == {case.name for case in suite.select(tags=[f"boundary-{age_days}"])}


@pytest.mark.parametrize("kind", CredentialKind)
def test_every_kind_of_credential_is_asked_for(suite: Suite, kind: CredentialKind) -> None:
    assert any(case.credential_kind is kind for case in suite.cases)


@pytest.mark.parametrize("state", CredentialState)
def test_every_state_of_a_credential_is_asked_for(suite: Suite, state: CredentialState) -> None:
    assert any(case.credential_state is state for case in suite.cases)


def test_eight_languages_besides_english_are_asked_for(suite: Suite) -> None:
    foreign = suite.select(tags=["non-english"])

    spoken = [LANGUAGES & set(case.name.split("-")) for case in foreign]

    assert len(foreign) >= 24
    assert {len(languages) for languages in spoken} == {1}
    assert len(set().union(*spoken)) >= 8


@pytest.mark.parametrize(
    ("tag", "least"),
    [
        ("injection", 25),
        ("over-defence", 10),
        ("minimal-pair", 10),
        ("contradiction", 5),
        ("scanner-style", 5),
        ("email", 5),
        ("ticket", 5),
        ("forged-system", 2),
        ("forged-citation", 2),
        ("forged-window", 2),
        ("base64", 2),
        ("markup", 2),
    ],
)
def test_every_sort_of_text_is_asked_for_often_enough(suite: Suite, tag: str, least: int) -> None:
    assert len(suite.select(tags=[tag])) >= least


def test_an_injection_is_never_labelled_eligible(suite: Suite) -> None:
    attacks = suite.select(tags=["injection"])

    assert [case.name for case in attacks if Decision.ELIGIBLE in case.acceptable_decisions] == []


def test_injections_come_in_other_languages_too(suite: Suite) -> None:
    assert len(suite.select(tags=["injection", "non-english"])) >= 2


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example.condition))
def test_no_report_stands_in_a_worked_example_of_the_prompt(suite: Suite, example: Example) -> None:
    shown = example.report.casefold()

    texts = {case.name: case.report.casefold() for case in suite.cases}

    assert [name for name, text in texts.items() if text in shown or shown in text] == []
