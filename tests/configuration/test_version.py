"""The version is defined in one place, and all other places agree with it."""

import re
import subprocess
import sys
import tomllib

import pytest

from config.environment import BASE_DIR
from config.openapi import describe
from config.version import VERSION
from decisions.registry import workflows

pytestmark = pytest.mark.any_database


def test_the_package_the_changelog_and_the_description_state_the_version() -> None:
    project = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]
    releases = re.findall(r"^## ([0-9]\S+)", (BASE_DIR / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert project["version"] == VERSION
    assert releases[0] == VERSION
    assert describe(workflows())["info"]["version"] == VERSION


def test_the_version_can_be_read_without_any_package() -> None:
    command = [sys.executable, "-S", "-c", "from config.version import VERSION; print(VERSION)"]

    run = subprocess.run(command, cwd=BASE_DIR, env={}, capture_output=True, text=True, check=True)

    assert run.stdout == f"{VERSION}\n"
