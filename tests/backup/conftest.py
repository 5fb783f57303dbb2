"""Backup and restore with the scripts of `deploy/`, a real shell and PostgreSQL's own programs."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from config.environment import BASE_DIR
from tests.configuration.conftest import VALID
from tests.postgresql import find_programs

on_postgresql = pytest.mark.skipif("TEST_DATABASE_URL" not in os.environ, reason="the scripts are for PostgreSQL")
PRINTED_LINES = pytest.StashKey[list[str]]()
PROGRAMS = ("pg_dump", "pg_restore", "psql")
# Log the call as `ps` shows it, then run the program.
LOGGING_PROGRAM = """#!/bin/sh
printf '%s %s\\n' "$0" "$*" >>{log}
exec {program} "$@"
"""
# The two compose commands that the scripts use, run on this machine.
DOCKER = """#!/bin/sh
case "$*" in
"compose exec -T postgres "*) shift 4; {environment} exec "$@" ;;
"compose run --rm --no-deps -T web python manage.py "*) shift 8; echo "in compose: $*" ;;
*) exit 64 ;;
esac
"""


PrintAtEnd = Callable[[str], None]


@pytest.fixture
def print_at_end(request: pytest.FixtureRequest) -> PrintAtEnd:
    """Print a line with its figures at the end of the run."""
    return request.config.stash.setdefault(PRINTED_LINES, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if lines := config.stash.get(PRINTED_LINES, []):
        terminalreporter.section("backup and restore")
        for line in lines:
            terminalreporter.write_line(line)


@dataclass(frozen=True)
class Scripts:
    """The scripts of `deploy/`, with programs that log their calls."""

    folder: Path

    @property
    def log(self) -> Path:
        return self.folder / "called"

    def run(self, name: str, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a script from another folder. This Python runs `manage.py` unless PYTHON names another."""
        environment = VALID | {"PYTHON": sys.executable} | environment
        environment["PATH"] = f"{self.folder}:{os.environ['PATH']}"
        return subprocess.run(
            ["sh", str(BASE_DIR / "deploy" / name), *map(str, arguments)],
            cwd=self.folder,
            env={name: value for name, value in environment.items() if value},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def put(self, name: str, text: str) -> Path:
        """Put a program first on PATH."""
        program = self.folder / name
        program.write_text(text)
        program.chmod(0o755)
        return program

    def put_docker(self, **environment: str) -> None:
        assignments = " ".join(f"{name}={shlex.quote(value)}" for name, value in environment.items())
        self.put("docker", DOCKER.format(environment=assignments))


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    folder = tmp_path / "programs"
    folder.mkdir()
    made, found = Scripts(folder), find_programs()
    path = None if found is None else f"{found}:{os.environ['PATH']}"
    for name in PROGRAMS:
        if (program := shutil.which(name, path=path)) is None:
            pytest.skip(f"no {name} here (apt install postgresql)")
        made.put(name, LOGGING_PROGRAM.format(log=shlex.quote(str(made.log)), program=program))
    return made
