"""The version is defined in one place, and all other places agree with it."""

import re
import subprocess
import sys
import tomllib

import pytest

from config.environment import BASE_DIR
from config.openapi import describe
from config.version import VERSION

pytestmark = pytest.mark.any_database


def test_the_package_states_the_version() -> None:
    project = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]

    assert project["version"] == VERSION


def test_the_newest_release_in_the_changelog_is_this_one() -> None:
    releases = re.findall(r"^## ([0-9]\S+)", (BASE_DIR / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert releases[0] == VERSION


def test_the_description_states_the_version() -> None:
    assert describe()["info"]["version"] == VERSION


def test_the_version_can_be_read_without_any_package() -> None:
    command = [sys.executable, "-S", "-c", "from config.version import VERSION; print(VERSION)"]

    run = subprocess.run(command, cwd=BASE_DIR, env={}, capture_output=True, text=True, check=True)

    assert run.stdout == f"{VERSION}\n"
