"""Ask a provider from a process of its own, whose names of hosts a test has chosen, and print how that ended."""

import fcntl
import json
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from config.environment import BASE_DIR

SIOCSIFFLAGS, IFF_UP = 0x8914, 1


def ask_with_names(
    url: str,
    folder: Path,
    *,
    hosts: str = "",
    deadline_seconds: float,
    calls: int = 1,
    silent_name_server: bool = False,
) -> dict[str, Any]:
    """
    Return the names of the failures, and after how many seconds the calls and the process ended.

    A silent name server has a network of its own, in which nothing else can be reached.
    """
    (folder / "hosts").write_text(hosts)
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    mounts = " && ".join(f"mount --bind {folder / name} /etc/{name}" for name in ("hosts", "resolv.conf"))
    spaces = ["unshare", "--map-root-user", "--mount", *(["--net"] if silent_name_server else [])]
    if subprocess.run([*spaces, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system allows no namespaces")
    python = [sys.executable, "-m", "tests.boundary.asking", url, str(deadline_seconds), str(calls)]
    started = monotonic()
    ran = subprocess.run(
        [*spaces, "sh", "-c", f'{mounts} && exec "$@"', "sh", *python, *(["silent"] if silent_name_server else [])],
        cwd=BASE_DIR, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    printed: dict[str, Any] = json.loads(ran.stdout)
    return printed | {"process_seconds": monotonic() - started}


@contextmanager
def name_server_that_never_answers() -> Iterator[None]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        # A new network's loopback is down.
        fcntl.ioctl(server, SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP))
        server.bind(("127.0.0.1", 53))
        yield


def main(url: str, deadline_seconds: str, calls: str, *silent: str) -> None:
    import django  # noqa: PLC0415 - this module is imported by tests, too

    django.setup()
    from boundary.client import ModelClient  # noqa: PLC0415
    from tests.boundary.conftest import failure_of  # noqa: PLC0415

    client = ModelClient(
        base_url=url, api_key="none", model="fake", max_completion_tokens=9, deadline_seconds=float(deadline_seconds)
    )

    def ask(_: int) -> str:
        failure = failure_of(client)
        return failure.__name__ if failure else "answered"

    with ThreadPoolExecutor(int(calls)) as callers:
        started = monotonic()
        ended = list(callers.map(ask, range(int(calls))))
        seconds = monotonic() - started
    sys.stdout.write(json.dumps({"ended": ended, "seconds": seconds}))


if __name__ == "__main__":
    if "silent" in sys.argv:
        with name_server_that_never_answers():
            main(*sys.argv[1:])
    else:
        main(*sys.argv[1:])
