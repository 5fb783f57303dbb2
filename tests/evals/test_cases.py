"""What a file of cases may be, and every reason for which one is refused."""

import hashlib
import json
from pathlib import Path

import pytest

from evals.cases import SPLITS, SUITES, EvalCase, SuiteError, load_suite
from rotation.contract import CredentialFacts, CredentialKind, CredentialState, Decision

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


def test_the_published_schema_is_that_of_the_code() -> None:
    published = json.loads((SUITES / "case.schema.json").read_text())

    assert published == EvalCase.model_json_schema()
    assert published["additionalProperties"] is False


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


@pytest.mark.parametrize("missing", json.loads(line()))
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
