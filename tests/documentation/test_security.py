"""Every promise of docs/security.md names a test that exists."""

import ast
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.any_database

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text()
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
PATH = re.compile(r"`(tests/[\w/.]+)(?:::\w+)?`")

TOP_TEN = [
    "LLM01 Prompt Injection",
    "LLM02 Sensitive Information Disclosure",
    "LLM03 Supply Chain",
    "LLM04 Data and Model Poisoning",
    "LLM05 Improper Output Handling",
    "LLM06 Excessive Agency",
    "LLM07 System Prompt Leakage",
    "LLM08 Vector and Embedding Weaknesses",
    "LLM09 Misinformation",
    "LLM10 Unbounded Consumption",
]
PROMISE = re.compile(r"^\*\*Promise (\d)\. .+?\*\*$", re.MULTILINE)


def functions_of(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text())
    return {part.name for part in tree.body if isinstance(part, ast.FunctionDef)}


def untested(parts: list[str]) -> list[str]:
    return [part.strip().partition("\n")[0] for part in parts if not TEST.search(part)]


def test_named_paths_exist() -> None:
    assert [path for path in PATH.findall(TEXT) if not (ROOT / path).exists()] == []


def test_named_tests_exist() -> None:
    named = TEST.findall(TEXT)

    assert [f"{path}::{name}" for path, name in named if name not in functions_of(path)] == []
    assert TEXT.count("::test_") == len(named)


def test_each_of_the_top_ten_has_a_test_and_a_gap() -> None:
    items = re.split(r"^##+ ", TEXT.partition("2025\n")[2].partition("\n## The web")[0], flags=re.MULTILINE)[1:]

    assert [item.partition("\n")[0] for item in items] == TOP_TEN
    assert untested(items) == []
    assert [item for item in items if "\nNot covered: " not in item] == []


def test_each_promise_has_a_test() -> None:
    section = TEXT.partition("## The six promises\n")[2].partition("\n## ")[0]

    assert PROMISE.findall(section) == list("123456")
    assert untested(section.split("**Promise ")[1:]) == []


def test_each_row_on_boundaries_and_the_web_has_a_test() -> None:
    tables = [TEXT.partition("| boundary |")[2].partition("\n## ")[0], TEXT.partition("## The web\n")[2]]
    rows = [row for table in tables for row in table.partition("|---|---|---|\n")[2].splitlines() if row[:1] == "|"]

    assert len(rows) > 15
    assert untested(rows) == []
