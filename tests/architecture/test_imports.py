"""Every import-linter contract reports the import planted against it; the packages as they are break none."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.packages import PACKAGES, WORKFLOW_PACKAGES

pytestmark = pytest.mark.any_database

ROOT = Path(__file__).parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
CONTRACTS = [contract["name"] for contract in SETTINGS["contracts"]]

# Each contract's violation: the module that is changed and what it is made to import. A module that does not exist yet
# has no level of its own, which is violation enough.
VIOLATIONS = {
    "Packages import downwards, and workflows never each other.": ("traces.codes", "rotation.policy"),
    "Inside operators, every module has its level.": ("operators.filters", "operators.admin"),
    "Inside rotation, every module has its level.": ("rotation.helpers", None),
    "Inside tickets, every module has its level.": ("tickets.helpers", None),
    "Inside decisions, every module has its level.": ("decisions.workflow", "decisions.submit"),
    "Inside access, every module has its level.": ("access.fields", "access.bodies"),
    "Inside boundary, every module has its level.": ("boundary.failures", "boundary.client"),
    "Inside traces, every module has its level.": ("traces.codes", "traces.models"),
    "Inside config, every module has its level.": ("config.databases", "config.settings"),
    "Inside evals, every module has its level.": ("evals.cases", "evals.summary"),
    "The judgement of a workflow knows no Django.": ("rotation.policy", "traces.codes"),
    "The readers of inventories know no Django.": ("rotation.imports.texts", "django"),
    "Nothing outside a workflow's package imports it.": ("config.urls", "rotation.policy"),
    "Only boundary speaks to a model's SDK, and to libcurl.": ("config.health", "pycurl"),
}


def lint(tree: Path) -> str:
    """Run the linter over a copy of the packages and return its report."""
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_has_a_planted_violation() -> None:
    assert sorted(VIOLATIONS) == sorted(CONTRACTS)


def test_every_package_is_under_contract() -> None:
    assert set(SETTINGS["root_packages"]) == PACKAGES


def test_the_packages_break_no_contract(tree: Path) -> None:
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in lint(tree)


def test_every_contract_reports_its_planted_violation(tree: Path) -> None:
    for module, imported in VIOLATIONS.values():
        with (tree / module.replace(".", "/")).with_suffix(".py").open("a") as source:
            source.write(f"\nimport {imported}\n" if imported else "")

    broken = lint(tree).partition("Broken contracts")[2]

    # Each contract's heading is underlined. The text below it names the imports that broke it, the planted one too.
    _, *parts = re.split(r"\n(\S.*)\n-+\n", broken)
    reports = dict(zip(parts[::2], parts[1::2], strict=True))
    planted = {
        name: f"{module} -> {imported} " if imported else module for name, (module, imported) in VIOLATIONS.items()
    }
    assert {name: planted[name] in reports.get(name, "") for name in CONTRACTS} == dict.fromkeys(CONTRACTS, True)


@pytest.mark.parametrize("package", sorted(WORKFLOW_PACKAGES))
def test_every_workflow_is_under_every_contract(package: str) -> None:
    contracts = {contract["name"]: contract for contract in SETTINGS["contracts"]}
    judgement = {f"{package}.{name}" for name in ("check", "contract", "policy", "prompt")}
    present = {name for name in judgement if (ROOT / name.replace(".", "/")).with_suffix(".py").exists()}

    assert package in contracts["Packages import downwards, and workflows never each other."]["layers"][3].split(" | ")
    assert f"Inside {package}, every module has its level." in contracts
    assert package in contracts["Nothing outside a workflow's package imports it."]["forbidden_modules"]
    assert present <= set(contracts["The judgement of a workflow knows no Django."]["source_modules"])
