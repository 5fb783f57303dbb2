"""docs/sentences.md is what the code says, and has every code, reason and refusal."""

import re
from dataclasses import replace

import pytest
from django.utils.module_loading import import_string

from access.problems import PROBLEMS
from decisions.workflow import Workflow
from tests.settings import PRODUCT
from tools.sentence_tables import document, failures
from tools.sentences import DOCUMENT
from traces.codes import ErrorCode

TEXT = DOCUMENT.read_text()
WORKFLOWS: tuple[Workflow, ...] = tuple(import_string(path) for path in PRODUCT)


def test_tables_are_up_to_date() -> None:
    assert document(WORKFLOWS) == TEXT, "make sentences"


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)
def test_each_workflow_has_every_code_and_reason(workflow: Workflow) -> None:
    rows = list(failures(workflow))

    assert {code for code, *_ in rows} == {f"`{code.value}`" for code in ErrorCode}
    assert {reason for _, reason, *_ in rows} >= {f"`{reason}`" for reason in workflow.reasons}


def test_every_refusal_has_a_sentence_that_was_read() -> None:
    _, _, refusals = TEXT.partition("## Refusals")
    rows = {tuple(row) for row in re.findall(r"^\| `(\w+)` \| (\d+) \| .+ \| [^{|]{10,}.* \|$", refusals, re.MULTILINE)}

    assert rows == {(problem.code, str(problem.status.value)) for problem in PROBLEMS}


def test_changed_sentence_changes_the_tables() -> None:
    rotation, *others = WORKFLOWS
    changed = replace(rotation, sentences={**rotation.sentences, ErrorCode.INTERRUPTED: "Another one."})

    assert "| `interrupted` |  | Another one. | yes |" in document((changed, *others))
