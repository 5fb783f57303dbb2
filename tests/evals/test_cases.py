"""What the suite holds, and every reason for which a file of cases is refused."""

import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest

from evals.cases import DEFAULT, SPLITS, SUITES, EvalCase, Suite, SuiteError, load_suite, suite_path
from rotation.contract import CredentialFacts, CredentialKind, CredentialState, Decision
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
CANARY = "zanzibar"
SECRET = "AKIA" + "Q7" * 8


def line(**changes: object) -> str:
    """Write a good case, but for the changes."""
    good: dict[str, object] = {
        "name": "good",
        "account_id": "acct_10234",
        "credential_age_days": 30,
        "credential_kind": "service_account_key",
        "credential_state": "active",
        "report": f"The service-account key of {CANARY} is stale.",
        "expected_decision": "eligible",
        "acceptable_decisions": ["eligible"],
        "expected_source_line_ids": ["P-7"],
        "tags": ["in-window", "stale"],
        "split": "dev",
        "why": "It plainly says that the key is stale.",
    }
    return json.dumps(good | changes)


def judged(name: str, decision: str, split: str) -> str:
    return line(name=name, expected_decision=decision, acceptable_decisions=[decision], split=split)


def refusal(file: Path, content: str | bytes) -> str:
    """Load a file of this content and return why it was refused."""
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(SuiteError) as refused:
        load_suite(file)
    return str(refused.value)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mine.jsonl"


@pytest.fixture(scope="module")
def suite() -> Suite:
    return load_suite(suite_path(DEFAULT))


# ---------------------------------------------------------------- the suite beside the code


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


# ---------------------------------------------------------------- what a file may be


def test_a_good_file_is_read_with_its_name_and_digest(file: Path) -> None:
    content = f"{line(name='one')}\n{line(name='two')}\n"
    file.write_text(content)

    suite = load_suite(file)

    assert [case.name for case in suite.cases] == ["one", "two"]
    assert (suite.name, suite.digest) == ("mine", hashlib.sha256(content.encode()).hexdigest()[:12])


def test_one_character_more_changes_the_digest(file: Path) -> None:
    file.write_text(line(why="Because."))
    before = load_suite(file).digest

    file.write_text(line(why="Because.."))

    assert load_suite(file).digest != before


def test_a_case_gives_its_report_and_facts_as_the_service_takes_them(file: Path) -> None:
    file.write_text(line(report="  The key\r\nis stale.  "))

    case = load_suite(file).cases[0]

    assert case.as_report.account_id == "acct_10234"
    assert case.as_report.credential_report == "The key\nis stale."
    assert case.facts == CredentialFacts(
        label="good", kind=CredentialKind.SERVICE_ACCOUNT_KEY, state=CredentialState.ACTIVE, age_days=30
    )


@pytest.mark.parametrize("length", [10, 500])
def test_a_report_of_an_allowed_length_is_taken(file: Path, length: int) -> None:
    file.write_text(line(report="x" * length))

    assert len(load_suite(file).cases[0].report) == length


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({"surprise": CANARY}, "surprise: Extra inputs are not permitted", id="unknown field"),
        pytest.param({"report": f"{CANARY}."}, "credential_report: Value should have at least 10", id="short report"),
        pytest.param({"report": CANARY * 63}, "credential_report: Value should have at most 500", id="long report"),
        pytest.param({"report": f"{CANARY} {SECRET}"}, "This looks like it holds a secret", id="secret in the report"),
        pytest.param({"report": f"{CANARY}\0{CANARY}"}, "Remove the NUL character", id="NUL in the report"),
        pytest.param({"report": [CANARY]}, "report: Input should be a valid string", id="report of another type"),
        pytest.param({"account_id": CANARY}, "account_id: Write acct_ and five digits", id="bad account"),
        pytest.param({"name": f"{CANARY} 1"}, "name: String should match pattern", id="name with a space"),
        pytest.param({"name": "Good"}, "name: String should match pattern", id="name in capitals"),
        pytest.param({"name": "a" * 81}, "name: String should have at most 80", id="long name"),
        pytest.param({"credential_age_days": -1}, "credential_age_days: Input should be greater", id="negative age"),
        pytest.param({"credential_age_days": "30"}, "credential_age_days: Input should be a valid", id="age as text"),
        pytest.param({"credential_kind": CANARY}, "credential_kind: Input should be", id="unknown kind"),
        pytest.param({"credential_state": CANARY}, "credential_state: Input should be", id="unknown state"),
        pytest.param({"expected_decision": CANARY}, "expected_decision: Input should be", id="unknown decision"),
        pytest.param({"split": CANARY}, "split: Input should be 'dev' or 'gate'", id="unknown split"),
        pytest.param({"tags": []}, "tags: Tuple should have at least 1 item", id="no tag"),
        pytest.param({"acceptable_decisions": []}, "acceptable_decisions: Tuple should", id="nothing acceptable"),
        pytest.param({"why": ""}, "why: String should have at least 1", id="no why"),
        pytest.param(
            {"acceptable_decisions": ["needs_review"]},
            "the case: Value error, the expected decision is not among the acceptable ones",
            id="expected not acceptable",
        ),
    ],
)
def test_a_wrong_line_is_refused_by_its_number_and_without_its_text(
    file: Path, changes: dict[str, object], told: str
) -> None:
    message = refusal(file, f"{line(name='fine')}\n{line(**changes)}\n")

    assert message.startswith("mine.jsonl:2: ")
    assert told in message
    assert CANARY not in message
    assert SECRET not in message


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"credential_age_days": 31}, id="too old"),
        pytest.param({"credential_kind": "api_token"}, id="another kind"),
        pytest.param({"credential_state": "disabled"}, id="disabled"),
        pytest.param({"credential_state": "rotated"}, id="rotated"),
        pytest.param(
            {
                "credential_age_days": 31,
                "expected_decision": "needs_review",
                "acceptable_decisions": ["needs_review", "eligible"],
            },
            id="eligible as second choice",
        ),
    ],
)
def test_a_label_eligible_that_the_record_does_not_support_is_refused(file: Path, changes: dict[str, object]) -> None:
    assert refusal(file, line(**changes)) == (
        "mine.jsonl:1: the case: Value error, the record does not support the label eligible"
    )


@pytest.mark.parametrize("missing", FIELDS)
def test_a_line_without_one_of_its_fields_is_refused(file: Path, missing: str) -> None:
    fields = json.loads(line())
    del fields[missing]

    assert f"mine.jsonl:1: {missing}: Field required" in refusal(file, json.dumps(fields))


@pytest.mark.parametrize(
    "malformed",
    [
        pytest.param(line()[:-1].encode(), id="cut short"),
        pytest.param(line().encode() + b" ok", id="text behind it"),
        pytest.param(f'["{CANARY}"]'.encode(), id="array"),
        pytest.param(CANARY.encode(), id="bare word"),
        pytest.param(line().encode("utf-16"), id="UTF-16"),
        pytest.param(line(report=f"{CANARY} \ud800 is stale"), id="lone surrogate"),
        pytest.param(b"[" * 100_000, id="deep"),
    ],
)
def test_a_malformed_line_is_refused_by_its_number_and_without_its_text(file: Path, malformed: str | bytes) -> None:
    text = malformed.encode() if isinstance(malformed, str) else malformed

    message = refusal(file, line(name="fine").encode() + b"\n" + text)

    assert message.startswith("mine.jsonl:2: ")
    assert CANARY not in message


def test_a_key_that_stands_twice_in_a_line_is_refused(file: Path) -> None:
    twice = line().replace("{", '{"split": "gate", ', 1)

    assert refusal(file, twice) == "mine.jsonl:1: the case: A key stands twice."


def test_a_name_that_stands_twice_is_refused_with_both_lines(file: Path) -> None:
    message = refusal(file, f"{line(name=CANARY)}\n{line(name='other')}\n{line(name=CANARY)}\n")

    assert message == "mine.jsonl:3: the name stands in line 1 already"


@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_blank_lines_are_skipped_but_counted(file: Path, ends: str) -> None:
    lines = ["", line(name="one"), "   ", "", line(name="one")]

    assert refusal(file, ends.join(lines)) == "mine.jsonl:5: the name stands in line 2 already"


def test_a_line_separator_inside_a_report_ends_no_line(file: Path) -> None:
    text = "The key is stale.\N{LINE SEPARATOR}Nobody uses it.\N{NEXT LINE}"
    file.write_text(json.dumps(json.loads(line(report=text)), ensure_ascii=False))

    assert load_suite(file).cases[0].report == text


@pytest.mark.parametrize("content", ["", "\n \n"], ids=["empty", "blank"])
def test_a_file_without_a_case_is_refused(file: Path, content: str) -> None:
    assert refusal(file, content) == "mine.jsonl: holds no case"


@pytest.mark.parametrize("missing", Decision)
@pytest.mark.parametrize("split", SPLITS)
def test_a_split_that_lacks_a_decision_is_refused(file: Path, split: str, missing: Decision) -> None:
    lines = [
        judged(f"{place}-{decision.replace('_', '-')}", decision, place)
        for place in SPLITS
        for decision in Decision
        if (place, decision) != (split, missing)
    ]

    last = max(number for number, each in enumerate(lines, start=1) if json.loads(each)["split"] == split)
    where = f"mine.jsonl:{last}: split {split}, which ends here"
    assert refusal(file, "\n".join(lines)) == f"{where}, is unbalanced: 0 of 2 are {missing}"


def test_a_split_that_hardly_has_a_decision_is_refused(file: Path) -> None:
    gate = [judged(f"gate-{decision.replace('_', '-')}", decision, "gate") for decision in Decision]
    dev = [judged(f"dev-{number}", "eligible" if number % 2 else "not_eligible", "dev") for number in range(6)]
    content = "\n".join([*gate, *dev, judged("dev-review", "needs_review", "dev")])

    where = "mine.jsonl:10: split dev, which ends here"
    assert refusal(file, content) == f"{where}, is unbalanced: 1 of 7 are needs_review"


def test_a_file_of_one_split_may_hold_one_decision_alone(file: Path) -> None:
    file.write_text(line())

    assert len(load_suite(file).cases) == 1


# ---------------------------------------------------------------- finding and choosing


def test_a_known_suite_is_found_by_its_name() -> None:
    path = suite_path("rotations")

    assert (path.parent.name, path.name) == ("evals", "rotations.jsonl")


def test_any_other_file_is_found_by_its_path(file: Path) -> None:
    file.write_text(line())

    assert suite_path(str(file)) == file


@pytest.mark.parametrize(
    "unknown",
    [
        pytest.param("nowhere", id="name"),
        pytest.param("nowhere/mine.jsonl", id="path"),
        pytest.param("evals", id="folder"),
        pytest.param("", id="nothing"),
        pytest.param("x" * 5000, id="longer than a path may be"),
    ],
)
def test_what_is_neither_suite_nor_file_is_refused(unknown: str) -> None:
    with pytest.raises(SuiteError) as refused:
        suite_path(unknown)

    assert str(refused.value) == f"{unknown}: there is no such suite and no such file"


@pytest.fixture
def four() -> Suite:
    cases = [
        EvalCase.model_validate_json(line(name="a-one", tags=["stale", "email"], split="dev")),
        EvalCase.model_validate_json(line(name="a-two", tags=["stale"], split="gate")),
        EvalCase.model_validate_json(line(name="b-one", tags=["email"], split="dev")),
        EvalCase.model_validate_json(line(name="b-two", tags=["stale", "email"], split="gate")),
    ]
    return Suite(name="four", digest="0" * 12, cases=tuple(cases))


@pytest.mark.parametrize(
    ("split", "tags", "pattern", "names"),
    [
        pytest.param(None, [], None, ["a-one", "a-two", "b-one", "b-two"], id="everything"),
        pytest.param("dev", [], None, ["a-one", "b-one"], id="split"),
        pytest.param(None, ["email"], None, ["a-one", "b-one", "b-two"], id="tag"),
        pytest.param(None, ["stale", "email"], None, ["a-one", "b-two"], id="every tag, not any"),
        pytest.param(None, ["unheard"], None, [], id="unknown tag"),
        pytest.param(None, [], "a-*", ["a-one", "a-two"], id="glob"),
        pytest.param(None, [], "A-*", [], id="glob minds capitals"),
        pytest.param(None, [], "one", [], id="glob is for the whole name"),
        pytest.param("gate", ["email"], "?-two", ["b-two"], id="all together"),
    ],
)
def test_cases_are_chosen_by_split_and_tags_and_name(
    four: Suite, split: str | None, tags: list[str], pattern: str | None, names: list[str]
) -> None:
    assert [case.name for case in four.select(split=split, tags=tags, pattern=pattern)] == names


def test_tags_that_can_be_read_only_once_choose_the_same_cases(four: Suite) -> None:
    assert four.select(tags=iter(["email"])) == four.select(tags=["email"])


def test_the_published_schema_is_that_of_the_code() -> None:
    published = json.loads((SUITES / "case.schema.json").read_text())

    assert published == EvalCase.model_json_schema()
    assert published["additionalProperties"] is False
