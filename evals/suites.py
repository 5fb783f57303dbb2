"""Which file a suite is, and which workflow it is for."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from decisions.registry import workflows
from decisions.suites import SuiteRules
from decisions.workflow import Workflow

LONGEST_NAME = 80
GATES = TypeAdapter(dict[str, Any])


class SuiteError(Exception):
    """The suite cannot be judged by; the message names the file and line, never a case's text."""


@dataclass(frozen=True)
class SuiteFile:
    """A file of cases with the workflow that decides them and the rules that they are judged by."""

    path: Path
    workflow: Workflow
    rules: SuiteRules

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def gates_path(self) -> Path:
        return self.path.with_suffix(".gate.json")

    def read_gates(self) -> dict[str, Any] | None:
        """
        Read `SUITE.gate.json` beside the suite: its workflow, and thresholds by provider. None where there is no file.

        :raises SuiteError: the file is not a JSON object
        """
        if not self.gates_path.is_file():
            return None
        try:
            return GATES.validate_json(self.gates_path.read_bytes())
        except ValidationError:
            raise self.gates_error from None

    @property
    def gates_error(self) -> SuiteError:
        return SuiteError(f"{self.gates_path.name}: is not an object of gates with a default")


def known_suites() -> tuple[SuiteFile, ...]:
    """Return the own suite of each registered workflow that has one, in the order of registration."""
    return tuple(SuiteFile(each.suite.path, each, each.suite) for each in workflows() if each.suite)


def find_suite(name_or_path: str | None = None, *, workflow: str | None = None) -> SuiteFile:
    """
    Find a known suite by its name, or any file by its path; without either, take the own suite of the workflow.

    A file is for the workflow that its gates name, else for `workflow`, else for the first registered one.

    :raises SuiteError: there is no such suite, or it is for another workflow than `workflow`
    """
    if name_or_path is None:
        return _own_suite(workflow)
    named = {known.name: known for known in known_suites()}
    suite = named.get(name_or_path) or _suite_at(name_or_path, workflow)
    if workflow not in (None, suite.workflow.name):
        raise SuiteError(f"{suite.path.name}: is for the workflow {suite.workflow.name}, not for {workflow}")
    return suite


def _own_suite(workflow: str | None) -> SuiteFile:
    for known in known_suites():
        if workflow in (None, known.workflow.name):
            return known
    raise SuiteError(f"the workflow {workflow} has no suite" if workflow else "no workflow has a suite")


def _suite_at(path: str, workflow: str | None) -> SuiteFile:
    if not os.path.isfile(path) or len(Path(path).stem) > LONGEST_NAME:  # noqa: PTH113 - pathlib's raises on a long name
        raise SuiteError(f"{path}: there is no such suite and no such file")
    suite = replace(_own_suite(workflow), path=Path(path))
    named = (suite.read_gates() or {}).get("workflow")
    try:
        return suite if named is None else replace(_own_suite(str(named)), path=suite.path)
    except SuiteError as fault:
        raise SuiteError(f"{suite.gates_path.name}: {fault}") from None
