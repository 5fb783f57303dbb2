"""An environment that holds only what a test puts there."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping

import pytest

from config.environment import BASE_DIR, Environment

VALID = {
    "ENV_FILE": "",
    "SECRET_KEY": "a-secret-of-this-test-alone-0123456789-abcdefghij-klm",
    "FINGERPRINT_KEYS": "test:a-secret-of-this-test-alone",
    "DATABASE_URL": "sqlite:///never-opened.sqlite3",
    "ALLOWED_HOSTS": "example.test",
}
MANAGE_ALL = """
import sys
from django.core.management import execute_from_command_line
for command in sys.argv[1:]:
    execute_from_command_line(["manage.py", *command.split()])
"""
Exported = Callable[..., None]


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Exported:
    """Export the valid environment with these changes; None removes a variable."""

    def export(changes: Mapping[str, str | None] | None = None, /, **more: str | None) -> None:
        for name in [name for name in os.environ if name.lower() in {*Environment.model_fields, "secrets_dir"}]:
            monkeypatch.delenv(name)
        for name, value in {**VALID, **(changes or {}), **more}.items():
            if value is not None:
                monkeypatch.setenv(name, value)

    return export


def manage(*arguments: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run manage.py in a process that has this environment only."""
    return _run(str(BASE_DIR / "manage.py"), *arguments, environment=environment)


def manage_all(*commands: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the commands in one process, until one fails."""
    return _run("-c", MANAGE_ALL, *commands, environment={"DJANGO_SETTINGS_MODULE": "config.settings", **environment})


def _run(*arguments: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, env=environment, cwd=BASE_DIR, capture_output=True, text=True, check=False, timeout=60
    )
