"""What these tests run that is no Python: compose's own parser, and nginx."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

from config.environment import BASE_DIR

# Where `make test` puts it: into the virtual environment that runs this.
UNPACKED = Path(sys.prefix) / "compose/docker-compose"


@cache
def find_compose() -> list[str]:
    """Return the command of compose 2: the engine's own, else the one that was unpacked."""
    engines_own = ["docker", "compose"]
    if (
        shutil.which("docker")
        and subprocess.run([*engines_own, "version"], capture_output=True, check=False).returncode == 0
    ):
        return engines_own
    if not UNPACKED.exists():
        missing("docker compose", "`make test` fetches it for Linux on x86-64")
    return [str(UNPACKED)]


def find_nginx() -> str:
    program = shutil.which("nginx", path=os.environ["PATH"] + os.pathsep + "/usr/sbin")
    return program or missing("nginx", "apt-get install nginx-light")


def missing(program: str, advice: str) -> NoReturn:
    """Leave the test out where a program is missing; under CI=true that is a failure."""
    end = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
    end(f"There is no {program} here: {advice}")


def copy_of(*names: str, folder: Path) -> Path:
    """Copy these files and folders of the project into a folder that a test may change."""
    for name in names:
        source, target = BASE_DIR / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    return folder
