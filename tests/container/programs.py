"""What must be on this machine to build the image and run it as in production, without an engine of its own."""

import os
import shutil
import sys
from pathlib import Path

from tests.postgresql import find_programs

PACKAGES = {
    "podman": "podman",
    "runc": "runc",
    "mmdebstrap": "mmdebstrap",
    "nginx": "nginx-light",
    "openssl": "openssl",
}
BESIDE_PYTHON = Path(sys.executable).with_name("hadolint")


def missing() -> list[str]:
    """Name what is not here, and how it can be had."""
    path = os.environ["PATH"] + ":/usr/sbin"
    named = [
        f"{name} (apt install {package})" for name, package in PACKAGES.items() if not shutil.which(name, path=path)
    ]
    if find_programs() is None:
        named.append("PostgreSQL (apt install postgresql)")
    if not BESIDE_PYTHON.exists():
        named.append("hadolint (make container-check)")
    if os.geteuid() != 0:
        named.append("root (the image is built and run without an engine that has its rights)")
    return named
