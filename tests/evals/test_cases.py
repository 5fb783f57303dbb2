"""What a file of cases may hold, and every reason to refuse one."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import rotation
from evals.cases import SPLITS, Suite, load_suite
from evals.suites import SuiteError, find_suite
from rotation.contract import CredentialFacts, CredentialKind, CredentialState, Decision, RotationReport
from rotation.suite import RotationCase
from tests.evals.conftest import line as good_line

CANARY = "zanzibar"
SECRET = "AKIA" + "Q7" * 8


def line(**changes: object) -> str:
    """Write a good case with these changes."""
    report = f"The service-account key of {CANARY} is stale."
    good: dict[str, Any] = {"name": "good", "report": report, "credential_age_days": 30, "split": "dev"}
    return good_line(**good | changes)


def labelled(name: str, decision: str, split: str) -> str:
    return line(name=name, expected_decision=decision, acceptable_decisions=[decision], split=split)


def load(file: Path) -> Suite:
    return load_suite(replace(find_suite("rotations"), path=file))


def first_case(file: Path) -> RotationCase:
    [case, *_] = load(file).cases
    assert isinstance(case, RotationCase)
    return case


def refusal(file: Path, content: str | bytes) -> str:
    """Load a file of this content and return why it was refused."""
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(SuiteError) as refused:
        load(file)
    return str(refused.value)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mine.jsonl"


def test_a_file_is_parsed_again_only_if_it_has_changed(file: Path) -> None:
    file.write_text(line())
    first, second = load(file), load(file)

    file.write_text(line(name="changed"))
    changed = load(file)

    assert first.cases is second.cases
    assert (changed.cases[0].name, changed.digest == first.digest) == ("changed", False)


def test_the_published_schema_is_the_schema_of_the_code() -> None:
    published = json.loads((Path(rotation.__file__).parent / "case.schema.json").read_text())

    assert published == RotationCase.model_json_schema()
    assert published["additionalProperties"] is False


def test_a_good_file_is_read_with_its_name_and_digest(file: Path) -> None:
    content = f"{line(name='one')}\n{line(name='two')}\n"
    file.write_text(content)

    suite = load(file)

    assert [case.name for case in suite.cases] == ["one", "two"]
    assert (suite.name, suite.digest) == ("mine", hashlib.sha256(content.encode()).hexdigest()[:12])


def test_a_case_gives_its_report_and_facts_as_the_service_takes_them(file: Path) -> None:
    file.write_text(line(report="  The key\r\nis stale.  "))

    case = first_case(file)

    assert case.as_report == RotationReport(account_id="acct_10234", credential_report="The key\nis stale.")
    assert case.facts == CredentialFacts(
        label="good",
        kind=CredentialKind.SERVICE_ACCOUNT_KEY,
        state=CredentialState.ACTIVE,
        age_days=30,
        record_age_hours=0,
        fresh_hours=168,
    )


def test_a_report_of_an_allowed_length_is_taken(file: Path) -> None:
    for length in (10, 500):
        file.write_text(line(report="x" * length))
        assert len(first_case(file).report) == length


WRONG: list[tuple[dict[str, object], str]] = [
    ({"surprise": CANARY}, "surprise: Extra inputs are not permitted"),
    ({"report": f"{CANARY}."}, "credential_report: Value should have at least 10"),
    ({"report": "\N{ZERO WIDTH SPACE}" * 12}, "credential_report: Value should have at least 10"),
    ({"report": CANARY * 63}, "credential_report: Value should have at most 500"),
    ({"report": f"{CANARY} {SECRET}"}, "Line 1 of this text looks like an AWS access key id."),
    ({"report": f"{CANARY}\0{CANARY}"}, "Remove the NUL character"),
    ({"report": [CANARY]}, "report: Input should be a valid string"),
    ({"account_id": CANARY}, "account_id: Write acct_ and five digits"),
    ({"name": f"{CANARY} 1"}, "name: String should match pattern"),
    ({"name": "Good"}, "name: String should match pattern"),
    ({"name": "a" * 81}, "name: String should have at most 80"),
    ({"credential_age_days": -1}, "credential_age_days: Input should be greater"),
    ({"credential_age_days": "30"}, "credential_age_days: Input should be a valid"),
    ({"credential_kind": CANARY}, "credential_kind: Input should be"),
    ({"credential_state": CANARY}, "credential_state: Input should be"),
    ({"expected_decision": CANARY}, "expected_decision: Input should be"),
    ({"split": CANARY}, "split: Input should be 'dev' or 'gate'"),
    ({"tags": []}, "tags: Tuple should have at least 1 item"),
    ({"acceptable_decisions": []}, "acceptable_decisions: Tuple should"),
    ({"why": ""}, "why: String should have at least 1"),
    ({"acceptable_decisions": ["needs_review"]}, "the expected decision is not among the acceptable ones"),
]


def test_a_wrong_line_is_refused_by_its_number_and_without_its_text(file: Path) -> None:
    for changes, reason in WRONG:
        message = refusal(file, f"{line(name='fine')}\n{line(**changes)}\n")

        assert message.startswith("mine.jsonl:2: "), changes
        assert reason in message, changes
        assert CANARY not in message, changes
        assert SECRET not in message, changes


@pytest.mark.parametrize(
    "changes",
    [
        {"credential_age_days": 31},
        {"credential_kind": "api_token"},
        {"credential_state": "disabled"},
        {"credential_state": "rotated"},
        {"credential_age_days": 31, "decision": "needs_review", "acceptable_decisions": ["needs_review", "eligible"]},
    ],
    ids=["too old", "another kind", "disabled", "rotated", "eligible as second choice"],
)
def test_a_label_eligible_that_the_record_does_not_support_is_refused(file: Path, changes: dict[str, object]) -> None:
    assert refusal(file, line(**changes)) == (
        "mine.jsonl:1: the case: Value error, the record does not support the label eligible"
    )


def test_a_line_without_one_of_its_fields_is_refused(file: Path) -> None:
    for missing in (fields := json.loads(line())):
        rest = {name: value for name, value in fields.items() if name != missing}
        assert f"mine.jsonl:1: {missing}: Field required" in refusal(file, json.dumps(rest))


def test_a_malformed_line_is_refused_by_its_number_and_without_its_text(file: Path) -> None:
    good = line().encode()
    surrogate = line(report=f"{CANARY} \ud800 is stale").encode()
    malformed = (f'["{CANARY}"]'.encode(), CANARY.encode(), line().encode("utf-16"), surrogate, b"[" * 100_000)

    for text in (good[:-1], good + b" ok", *malformed):
        message = refusal(file, line(name="fine").encode() + b"\n" + text)

        assert message.startswith("mine.jsonl:2: "), text[:80]
        assert CANARY not in message, text[:80]


def test_a_key_that_is_twice_in_a_line_is_refused(file: Path) -> None:
    twice = line().replace("{", '{"split": "gate", ', 1)

    assert refusal(file, twice) == "mine.jsonl:1: the case: A key occurs twice."


@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_a_name_that_is_used_twice_is_refused_with_both_lines_and_blank_ones_count(file: Path, ends: str) -> None:
    lines = ["", line(name=CANARY), "   ", "", line(name="other"), line(name=CANARY)]

    assert refusal(file, ends.join(lines)) == "mine.jsonl:6: the name stands in line 2 already"


def test_a_line_separator_inside_a_report_ends_no_line(file: Path) -> None:
    text = "The key is stale.\N{LINE SEPARATOR}Nobody uses it.\N{NEXT LINE}"
    file.write_text(json.dumps(json.loads(line(report=text)), ensure_ascii=False))

    assert first_case(file).report == text


def test_a_file_that_cannot_be_read_or_holds_no_case_is_refused(file: Path) -> None:
    with pytest.raises(SuiteError) as refused:
        load(file)

    assert str(refused.value) == "mine.jsonl: cannot be read"
    assert refusal(file, "") == refusal(file, "\n \n") == "mine.jsonl: holds no case"


@pytest.mark.parametrize("missing", Decision)
@pytest.mark.parametrize("split", SPLITS)
def test_a_split_that_lacks_a_decision_is_refused(file: Path, split: str, missing: Decision) -> None:
    lines = [
        labelled(f"{place}-{decision.replace('_', '-')}", decision, place)
        for place in SPLITS
        for decision in Decision
        if (place, decision) != (split, missing)
    ]

    last = max(number for number, each in enumerate(lines, start=1) if json.loads(each)["split"] == split)
    where = f"mine.jsonl:{last}: split {split}, which ends here"
    assert refusal(file, "\n".join(lines)) == f"{where}, is unbalanced: 0 of 2 are {missing}"


def test_a_split_with_too_few_cases_of_a_decision_is_refused(file: Path) -> None:
    gate = [labelled(f"gate-{decision.replace('_', '-')}", decision, "gate") for decision in Decision]
    dev = [labelled(f"dev-{number}", "eligible" if number % 2 else "not_eligible", "dev") for number in range(6)]
    content = "\n".join([*gate, *dev, labelled("dev-review", "needs_review", "dev")])

    where = "mine.jsonl:10: split dev, which ends here"
    assert refusal(file, content) == f"{where}, is unbalanced: 1 of 7 are needs_review"


def test_a_file_of_one_split_may_hold_one_decision_alone(file: Path) -> None:
    file.write_text(line())

    assert len(load(file).cases) == 1
