"""`manage.py eval --compare`: what an earlier run is compared with, and what is not comparable."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.evals.conftest import RightProvider, Run, line, run
from tests.fakes import FakeProvider

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_run_is_compared_with_the_output_of_an_earlier_one(
    suite: Path, gate: Callable[..., None], right: RightProvider, provider: FakeProvider, tmp_path: Path
) -> None:
    run(suite, "--output", tmp_path / "right.json", provider="right")

    ended = run(suite, "--compare", tmp_path / "right.json")

    assert "rotation_decision@1         6/6            0                     0   fake fake-model-2" in ended.output
    assert "  - needs-review-a" in ended.output
    assert "0 better, 4 worse, exact McNemar p = 0.1250: cannot tell" in ended.output


def test_an_output_of_another_suite_split_or_repeat_is_not_compared(
    suite: Path, gate: Callable[..., None], right: RightProvider, tmp_path: Path
) -> None:
    for other in (["--repeat", "2"], ["--split", "gate"], []):
        run(suite, *other, "--output", tmp_path / "before.json", provider="right")
        if not other:
            suite.write_text(suite.read_text() + "\n" + line("eligible-c"))

        ended = run(suite, "--compare", tmp_path / "before.json", provider="right")

        assert ended.code == 2, other
        assert "nothing can be compared" in ended.output, other


def test_a_file_that_is_no_output_is_refused(
    suite: Path, gate: Callable[..., None], right: RightProvider, tmp_path: Path
) -> None:
    other = tmp_path / "other.json"
    for content in (None, "{", "[]", "{}"):
        if content is not None:
            other.write_text(content)

        assert run(suite, "--compare", other, provider="right") == Run(2, "other.json: is no output of an earlier run")


def test_a_case_that_failed_once_before_counts_as_failed_there(
    suite: Path, gate: Callable[..., None], right: RightProvider, tmp_path: Path
) -> None:
    output = tmp_path / "before.json"
    run(suite, "--repeat", "2", "--output", output, provider="right")
    document = json.loads(output.read_text())
    next(each for each in document["outcomes"] if each["name"] == "eligible-a")["passed"] = False
    output.write_text(json.dumps(document))

    ended = run(suite, "--repeat", "2", "--compare", output, provider="right")

    assert "  + eligible-a" in ended.output
    assert "1 better, 0 worse" in ended.output
