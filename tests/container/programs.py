"""What this machine needs to build the image and run it as in production, without a container engine."""

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
HADOLINT = Path(sys.executable).with_name("hadolint")


def missing() -> list[str]:
    """Name each missing program and how to install it."""
    path = os.environ["PATH"] + ":/usr/sbin"
    named = [
        f"{name} (apt install {package})" for name, package in PACKAGES.items() if not shutil.which(name, path=path)
    ]
    if find_programs() is None:
        named.append("PostgreSQL (apt install postgresql)")
    if not HADOLINT.exists():
        named.append("hadolint (make container-check)")
    if os.geteuid() != 0:
        named.append("root (the image is built and run without a container engine)")
    return named
