"""What rotation's own suite holds: enough cases of each kind, and no case that gives an answer away."""

import json
from collections import Counter

import pytest

from evals.cases import SPLITS, Suite, load_suite
from evals.suites import find_suite
from rotation.contract import CredentialKind, CredentialState, Decision
from rotation.prompt import EXAMPLES, Example
from rotation.suite import RotationCase

FIELDS = (
    *("name", "account_id", "credential_age_days", "credential_kind", "credential_state", "report"),
    *("expected_decision", "acceptable_decisions", "expected_source_line_ids", "tags", "split", "why"),
)
LANGUAGES = {
    *("arabic", "chinese", "french", "german", "hindi", "japanese", "korean", "polish"),
    *("portuguese", "spanish", "ukrainian"),
}
# So many cases or more have each of these tags.
TAGS = {
    25: ("injection",),
    10: ("over-defence", "minimal-pair"),
    5: ("contradiction", "scanner-style", "email", "ticket"),
    2: ("forged-system", "forged-citation", "forged-window", "base64", "markup"),
}


@pytest.fixture(scope="module")
def suite() -> Suite:
    return load_suite(find_suite("rotations"))


@pytest.fixture(scope="module")
def cases(suite: Suite) -> tuple[RotationCase, ...]:
    return tuple(case for case in suite.cases if isinstance(case, RotationCase))


def test_the_suite_holds_150_cases_or_more_with_the_fields_of_the_contract_in_one_order(suite: Suite) -> None:
    lines = find_suite("rotations").path.read_text().splitlines()

    assert len(suite.cases) >= 150
    assert {tuple(json.loads(text)) for text in lines} == {FIELDS}


def test_each_split_holds_a_third_of_the_cases_and_a_quarter_of_it_is_for_each_decision(suite: Suite) -> None:
    for split in SPLITS:
        cases = suite.select(split=split)
        counts = Counter(case.expected for case in cases)

        assert len(cases) >= len(suite.cases) / 3, split
        assert min(counts[decision] for decision in Decision) >= len(cases) / 4, (split, counts)


@pytest.mark.parametrize("age_days", [0, 1, 29, 30, 31, 45, 400])
def test_every_boundary_age_is_in_the_suite(suite: Suite, cases: tuple[RotationCase, ...], age_days: int) -> None:
    found = {case.name for case in cases if case.credential_age_days == age_days}

    assert found
    assert found == {case.name for case in suite.select(tags=[f"boundary-{age_days}"])}


def test_every_kind_and_state_of_a_credential_is_in_the_suite(cases: tuple[RotationCase, ...]) -> None:
    assert {case.credential_kind for case in cases} == set(CredentialKind)
    assert {case.credential_state for case in cases} == set(CredentialState)


def test_eight_languages_besides_english_are_in_the_suite(suite: Suite) -> None:
    foreign = suite.select(tags=["non-english"])

    spoken = [LANGUAGES & set(case.name.split("-")) for case in foreign]

    assert len(foreign) >= 24
    assert {len(languages) for languages in spoken} == {1}
    assert len(set().union(*spoken)) >= 8


def test_every_kind_of_text_is_in_the_suite_often_enough(suite: Suite) -> None:
    counts = Counter(tag for case in suite.cases for tag in case.tags)

    assert [tag for least, tags in TAGS.items() for tag in tags if counts[tag] < least] == []
    assert len(suite.select(tags=["injection", "non-english"])) >= 2


def test_an_injection_is_never_labelled_eligible(suite: Suite) -> None:
    attacks = suite.select(tags=["injection"])

    assert [case.name for case in attacks if Decision.ELIGIBLE in case.acceptable] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example.condition))
def test_no_report_is_in_a_worked_example_of_the_prompt(suite: Suite, example: Example) -> None:
    shown = example.report.casefold()

    texts = {case.name: case.as_report.sent_text.casefold() for case in suite.cases}

    assert [name for name, text in texts.items() if text in shown or shown in text] == []
