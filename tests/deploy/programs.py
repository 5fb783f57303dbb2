"""The programs that these tests need besides Python: compose's own parser, and nginx."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

from config.environment import BASE_DIR

# `make test` puts it into this virtual environment.
UNPACKED = Path(sys.prefix) / "compose/docker-compose"


@cache
def find_compose() -> list[str]:
    """Return the command of compose 2: that of docker, or else the unpacked one."""
    docker_compose = ["docker", "compose"]
    if (
        shutil.which("docker")
        and subprocess.run([*docker_compose, "version"], capture_output=True, check=False).returncode == 0
    ):
        return docker_compose
    if not UNPACKED.exists():
        stop_without("docker compose", "`make test` fetches it for Linux on x86-64")
    return [str(UNPACKED)]


def find_nginx() -> str:
    program = shutil.which("nginx", path=os.environ["PATH"] + os.pathsep + "/usr/sbin")
    return program or stop_without("nginx", "apt-get install nginx-light")


def stop_without(program: str, advice: str) -> NoReturn:
    """Skip the test if a program is missing. Under CI=true it fails."""
    give_up = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
    give_up(f"There is no {program} here: {advice}")


def copy_of(*names: str, folder: Path) -> Path:
    """Copy these files and folders of the project into a folder that a test may change."""
    for name in names:
        source, target = BASE_DIR / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    return folder
