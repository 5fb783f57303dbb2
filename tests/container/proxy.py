"""Debian's nginx in front of the containers, on loopback and without system folders."""

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
    """Run nginx with the project's configuration. Only addresses and folders differ."""
    configuration, http_port = folder / "nginx", free_port()
    shutil.copytree(checkout / "deploy" / "nginx", configuration)
    for path in configuration.iterdir():
        text = path.read_text().replace("/tmp/", f"{configuration}/")  # noqa: S108
        text = text.replace("listen 8080", f"listen 127.0.0.1:{http_port}").replace(
            "listen 8443", f"listen 127.0.0.1:{port}"
        )
        path.write_text(text)
    machines = "".join(f"server 127.0.0.1:{web.port} fail_timeout=2s;" for web in webs)
    (configuration / "upstream.conf").write_text(f"upstream web {{ {machines} keepalive 32; keepalive_timeout 1s; }}")
    for name in ("tls_certificate.pem", "tls_key.pem"):
        shutil.copy(checkout / "secrets" / name, configuration)
    printed = folder / "nginx.log"
    environment = {
        "PATH": os.environ["PATH"] + ":/usr/sbin",
        "ALLOWED_HOSTS": "localhost",
        "HTTPS_PORT": str(port),
    }
    command = ["sh", str(configuration / "start.sh"), "-e", "stderr", "-c", str(configuration / "nginx.conf")]
    with printed.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        yield process, printed
    finally:
        process.terminate()
        process.wait(timeout=30)
