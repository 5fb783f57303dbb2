"""Debian's nginx in front, without root's places and on loopback alone."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.container.web import Web
from tests.ports import free_port


@contextmanager
def nginx(checkout: Path, folder: Path, port: int, webs: list[Web]) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Run Debian's nginx with the project's own configuration; only addresses and places are this machine's."""
    place, plain = folder / "nginx", free_port()
    shutil.copytree(checkout / "deploy" / "nginx", place)
    for path in place.iterdir():
        text = path.read_text().replace("/tmp/", f"{place}/")  # noqa: S108
        text = text.replace("listen 8080", f"listen 127.0.0.1:{plain}").replace(
            "listen 8443", f"listen 127.0.0.1:{port}"
        )
        path.write_text(text)
    machines = "".join(f"server 127.0.0.1:{web.port} fail_timeout=2s;" for web in webs)
    (place / "upstream.conf").write_text(f"upstream web {{ {machines} keepalive 32; keepalive_timeout 1s; }}")
    for name in ("tls_certificate.pem", "tls_key.pem"):
        shutil.copy(checkout / "secrets" / name, place)
    printed = folder / "nginx.log"
    environment = {
        "PATH": os.environ["PATH"] + ":/usr/sbin",
        "ALLOWED_HOSTS": "localhost",
        "HTTPS_PORT": str(port),
    }
    command = ["sh", str(place / "start.sh"), "-e", "stderr", "-c", str(place / "nginx.conf")]
    with printed.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        yield process, printed
    finally:
        process.terminate()
        process.wait(timeout=30)
