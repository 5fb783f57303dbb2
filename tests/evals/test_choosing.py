"""Which file a suite is found in, and which of its cases a run asks."""

from pathlib import Path

import pytest

from evals.cases import EvalCase, Suite, SuiteError, suite_path
from tests.evals.conftest import line


def test_a_known_suite_is_found_by_its_name() -> None:
    path = suite_path("rotations")

    assert (path.parent.name, path.name) == ("evals", "rotations.jsonl")


def test_any_other_file_is_found_by_its_path(tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text(line("one"))

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
        EvalCase.model_validate_json(line("a-one", tags=["stale", "email"], split="dev")),
        EvalCase.model_validate_json(line("a-two", tags=["stale"], split="gate")),
        EvalCase.model_validate_json(line("b-one", tags=["email"], split="dev")),
        EvalCase.model_validate_json(line("b-two", tags=["stale", "email"], split="gate")),
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
