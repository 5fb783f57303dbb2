"""A container of the service, as compose runs it."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from tests.configuration.serving import Server
from tests.container.podman import CONFINED, IMAGE, Podman
from tests.ports import free_port

LONGEST_START_SECONDS = 60


@dataclass
class Web:
    """One container that serves."""

    podman: Podman
    name: str
    port: int
    printed: Path
    process: subprocess.Popen[bytes]
    ready_seconds: float = 0

    def wait_until_ready(self, since: float) -> None:
        server = Server(self.port, self.printed, self.process)
        while monotonic() < since + LONGEST_START_SECONDS and self.process.poll() is None:
            try:
                status, _ = server.ask("/readyz")
            except OSError:
                status = 0
            if status == 200:
                self.ready_seconds = monotonic() - since
                return
            sleep(0.02)
        raise AssertionError(self.printed.read_text())

    def stop(self) -> int:
        """Stop it as an engine does, with the timeout of compose. Return its exit code."""
        self.podman("stop", "--time=60", self.name)
        return self.process.wait(timeout=10)

    def memory_mb(self) -> float:
        """Sum the memory of its processes. Shared memory counts once."""
        first = self.podman("inspect", "--format={{.State.Pid}}", self.name).stdout.strip()
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        rolled = [Path(f"/proc/{each}/smaps_rollup").read_text() for each in (first, *children)]
        return sum(int(kb) for each in rolled for kb in re.findall(r"^Pss: +(\d+)", each, re.MULTILINE)) / 1024


@contextmanager
def serving(podman: Podman, folder: Path, options: tuple[str, ...]) -> Iterator[Web]:
    port = free_port()
    name, printed = f"web-{port}", folder / f"web-{port}.log"
    arguments = ("run", "--rm", f"--name={name}", *CONFINED, *options, f"--env=BIND=127.0.0.1:{port}", IMAGE)
    since = monotonic()
    with printed.open("wb") as output:
        process = subprocess.Popen([*podman.command, *arguments], stdout=output, stderr=output)
    web = Web(podman, name, port, printed, process)
    try:
        web.wait_until_ready(since)
        yield web
    finally:
        podman("rm", "--force", "--ignore", name)
        process.wait(timeout=30)
