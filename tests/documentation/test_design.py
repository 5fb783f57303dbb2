"""docs/design.md and CONTRIBUTING.md name files that exist."""

import re

import pytest

from config.environment import BASE_DIR
from tests.packages import PACKAGES, WORKFLOW_PACKAGES

pytestmark = pytest.mark.any_database

DESIGN = (BASE_DIR / "docs" / "design.md").read_text()
CONTRIBUTING = (BASE_DIR / "CONTRIBUTING.md").read_text()
PATH = re.compile(r"`((?:\w+/)+(?:[\w.]+)?|\w+\.(?:py|md)|\.env\.example)`")


def test_named_files_exist() -> None:
    paths = PATH.findall(DESIGN + CONTRIBUTING)

    assert len(paths) > 90
    assert [path for path in paths if not (BASE_DIR / path).exists()] == []


def test_steps_of_a_request_name_files() -> None:
    steps = re.findall(r"^\d\. \*\*.+?(?=^\d\. |^$)", DESIGN, re.MULTILINE | re.DOTALL)

    assert [step for step in steps if not PATH.search(step)] == [steps[-1]]
    assert len(steps) == 8


def test_all_packages_but_a_new_workflow_are_described() -> None:
    described = set(re.findall(r"^\| `(\w+)/` \|", DESIGN, re.MULTILINE))

    assert PACKAGES - WORKFLOW_PACKAGES <= described <= PACKAGES
