"""The two releases as they are deployed, each with its own code, packages and static files."""

import hashlib
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from config.environment import BASE_DIR
from config.version import VERSION
from tests.configuration.serving import Server, _wait_until_alive
from tests.ports import free_port
from tests.rollback import previous
from tests.torture.servers import kill

# How the servers are reached: by a proxy that ends TLS, or as in the demo.
SCHEME = os.environ.get("ROLLBACK_SCHEME", "http")
ENVIRONMENTS = BASE_DIR / ".venv-previous"
LOCK = "requirements.txt"
MISSING_COMMIT = f"""\
Release {previous.VERSION} ({previous.COMMIT[:12]}) is not in this clone, so nothing can be rolled back to it.
A shallow clone gets it by: git fetch --unshallow"""


class ProxiedServer(Server):
    """A server behind a proxy, which says how it was reached itself."""

    def ask(self, path: str, body: object = None, **headers: str) -> tuple[int, str]:
        return super().ask(path, body, **{"X-Forwarded-Proto": SCHEME, **headers})


@dataclass(frozen=True)
class Release:
    """A source tree and the folder of the programs that run it."""

    version: str
    root: Path
    programs: Path

    def manage(self, *arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        command = [str(self.programs / "python"), "manage.py", *arguments]
        return subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, check=False, timeout=300
        )

    def succeed(self, *arguments: str, environment: dict[str, str]) -> str:
        run = self.manage(*arguments, environment=environment)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    @contextmanager
    def serving(self, folder: Path, environment: dict[str, str]) -> Iterator[Server]:
        """Serve in a new session, and kill what is left of it at the end."""
        port = free_port()
        printed = folder / f"printed-{self.version}-{uuid4().hex}"
        command = [str(self.programs / "gunicorn"), "config.wsgi", f"--bind=127.0.0.1:{port}"]
        with printed.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=self.root, env=environment, stdout=output, stderr=output, start_new_session=True
            )
        server = ProxiedServer(port, printed, process)
        try:
            _wait_until_alive(server)
            yield server
        finally:
            kill(server)


def this_release() -> Release:
    return Release(VERSION, BASE_DIR, Path(sys.executable).parent)


def previous_release(folder: Path) -> Release:
    """Take the code from git, and make a virtual environment if its lock differs from ours."""
    if _git("cat-file", "-e", f"{previous.COMMIT}^{{commit}}").returncode:
        pytest.fail(MISSING_COMMIT, pytrace=False)
    root = folder / previous.VERSION
    root.mkdir()
    archive = _git("archive", previous.COMMIT)
    subprocess.run(["tar", "-x", "-C", root], input=archive.stdout, check=True)
    same_lock = (root / LOCK).read_bytes() == (BASE_DIR / LOCK).read_bytes()
    return Release(previous.VERSION, root, Path(sys.executable).parent if same_lock else _programs_for(root / LOCK))


def _programs_for(lock: Path) -> Path:
    """Install a lock once for this Python. A folder without the mark is incomplete and is made again."""
    key = hashlib.sha256(lock.read_bytes() + sysconfig.get_platform().encode() + sys.version.encode()).hexdigest()
    made = ENVIRONMENTS / key[:12]
    if not (made / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", made], check=True)
        install = ["install", "--quiet", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", str(lock)]
        subprocess.run([made / "bin" / "pip", *install], check=True)
        (made / "installed").touch()
    return made / "bin"


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    safe = ["-c", f"safe.directory={BASE_DIR}"]
    return subprocess.run(["git", *safe, *arguments], cwd=BASE_DIR, env=os.environ, capture_output=True, check=False)
