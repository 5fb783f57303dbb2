"""Each import-linter contract bites: one planted violation breaks it, and it alone says so."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.any_database

ROOT = Path(__file__).parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
PACKAGES = SETTINGS["root_packages"]
CONTRACTS = [contract["name"] for contract in SETTINGS["contracts"]]

VIOLATIONS = {
    "Packages import downwards, and workflows never each other.": ("traces/codes.py", "import rotation.policy"),
    "Inside rotation, every module has its level.": ("rotation/helpers.py", ""),
    "Inside access, every module has its level.": ("access/fields.py", "import access.bodies"),
    "Inside boundary, every module has its level.": ("boundary/failures.py", "import boundary.client"),
    "Inside traces, every module has its level.": ("traces/codes.py", "import traces.models"),
    "Inside config, every module has its level.": ("config/databases.py", "import config.settings"),
    "Inside evals, every module has its level.": ("evals/cases.py", "import evals.summary"),
    "The judgement of rotation knows no Django.": ("rotation/policy.py", "import traces.codes"),
    "Only boundary speaks to a model's SDK.": ("rotation/service.py", "import openai"),
}


def broken_contracts(tree: Path) -> list[str]:
    """Run the linter over a copy of the packages and name the contracts that it found broken."""
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return [line.removesuffix(" BROKEN") for line in run.stdout.splitlines() if line.endswith(" BROKEN")]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_has_a_planted_violation() -> None:
    assert sorted(VIOLATIONS) == sorted(CONTRACTS)


def test_every_package_is_under_contract() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}

    assert packages - {"bench", "tests", "tools"} == set(PACKAGES)


@pytest.mark.parametrize(("contract", "file", "planted"), [(name, *plant) for name, plant in VIOLATIONS.items()])
def test_a_planted_import_breaks_its_contract(tree: Path, contract: str, file: str, planted: str) -> None:
    with (tree / file).open("a") as source:
        source.write(f"\n{planted}\n")

    assert contract in broken_contracts(tree)
