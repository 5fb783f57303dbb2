"""Which file a suite is, which workflow it is for, and which of its cases a run chooses."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_django import Settings

from evals.cases import Suite
from evals.suites import SuiteError, find_suite
from rotation import workflow as rotation_module
from rotation.suite import RotationCase
from rotation.workflow import ROTATION
from tests.evals.conftest import line


def test_a_known_suite_is_found_by_its_name() -> None:
    suite = find_suite("rotations")

    assert (suite.path.parent.name, suite.path.name, suite.workflow) == ("evals", "rotations.jsonl", ROTATION)


def test_a_named_workflow_has_its_own_suite_and_without_a_name_the_first(two_suites: None) -> None:
    assert (find_suite().name, find_suite(workflow="thanks").name) == ("rotations", "thanks")
    assert find_suite("thanks").workflow.name == "thanks"


def test_a_workflow_without_a_suite_is_skipped(two_suites: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation_module, "ROTATION", replace(ROTATION, suite=None))

    assert find_suite().name == "thanks"
    with pytest.raises(SuiteError, match="the workflow rotation has no suite"):
        find_suite(workflow="rotation")


def test_without_any_suite_nothing_can_be_judged(settings: Settings, fresh_registry: None) -> None:
    settings.WORKFLOWS = ()

    with pytest.raises(SuiteError, match="no workflow has a suite"):
        find_suite()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.jsonl"
    path.write_text(line("one"))
    return path


def name_workflow(file: Path, name: object) -> None:
    file.with_suffix(".gate.json").write_text(json.dumps({"workflow": name}))


def test_a_file_is_for_the_first_workflow_or_the_named_one_or_that_of_its_gates(file: Path, two_suites: None) -> None:
    first, named = find_suite(str(file)), find_suite(str(file), workflow="thanks")
    name_workflow(file, "thanks")
    by_gates = find_suite(str(file))

    assert [each.path for each in (first, named, by_gates)] == [file] * 3
    assert [each.workflow.name for each in (first, named, by_gates)] == ["rotation", "thanks", "thanks"]
    assert by_gates.rules.path.stem == "thanks"


def refusal(name: str, workflow: str | None = None) -> str:
    with pytest.raises(SuiteError) as refused:
        find_suite(name, workflow=workflow)
    return str(refused.value)


def test_gates_that_name_no_workflow_or_another_than_the_caller_are_refused(file: Path, two_suites: None) -> None:
    name_workflow(file, ["thanks"])
    assert refusal(str(file)) == "mine.gate.json: the workflow ['thanks'] has no suite"

    name_workflow(file, "rotation")
    assert refusal(str(file), "thanks") == "mine.jsonl: is for the workflow rotation, not for thanks"


def test_a_name_of_no_suite_and_no_file_is_refused() -> None:
    for unknown in ("nowhere", "nowhere/mine.jsonl", "evals", "", "x" * 5000):
        assert refusal(unknown) == f"{unknown}: there is no such suite and no such file"


@pytest.fixture
def four() -> Suite:
    lines = [
        line("a-one", tags=["stale", "email"], split="dev"),
        line("a-two", tags=["stale"], split="gate"),
        line("b-one", tags=["email"], split="dev"),
        line("b-two", tags=["stale", "email"], split="gate"),
    ]
    cases = tuple(map(RotationCase.model_validate_json, lines))
    return Suite(**vars(find_suite("rotations")), digest="0" * 12, cases=cases)


@pytest.mark.parametrize(
    ("split", "tags", "pattern", "names"),
    [
        (None, [], None, ["a-one", "a-two", "b-one", "b-two"]),
        ("dev", [], None, ["a-one", "b-one"]),
        (None, ["email"], None, ["a-one", "b-one", "b-two"]),
        (None, ["stale", "email"], None, ["a-one", "b-two"]),
        (None, ["unheard"], None, []),
        (None, [], "a-*", ["a-one", "a-two"]),
        (None, [], "A-*", []),
        (None, [], "one", []),
        ("gate", ["email"], "?-two", ["b-two"]),
    ],
)
def test_cases_are_chosen_by_split_and_tags_and_name(
    four: Suite, split: str | None, tags: list[str], pattern: str | None, names: list[str]
) -> None:
    """The tags may be an iterator, which can be read only once."""
    assert [case.name for case in four.select(split=split, tags=iter(tags), pattern=pattern)] == names
