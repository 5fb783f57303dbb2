"""Build the image and run it by podman, which needs no engine; what it keeps is in a store of its own."""

import json
import shutil
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.environment import BASE_DIR
from config.version import VERSION

# What compose.yaml gives the service: nothing to write to but memory, no rights, and no way to more of them.
CONFINED = (
    *("--network=host", "--read-only", "--read-only-tmpfs=false", "--tmpfs=/tmp:size=64m,mode=1777"),
    *("--cap-drop=ALL", "--security-opt=no-new-privileges"),
    # Set by ourselves, for podman would raise them, which an unprivileged machine refuses; and it has no systemd to run
    # the health check, which is run by hand.
    *("--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024", "--no-healthcheck"),
)
# The official image cannot be had everywhere; Debian's own Python of the same release stands in for it, under its name
# in this store alone. As there, pip is below /usr/local.
BASE = "python:3.11-slim-bookworm"
STAND_IN = "ca-certificates,python3,python-is-python3,python3-pip-whl"
PUT_PIP = (
    'chroot "$1" python -m zipfile -e /usr/share/python-wheels/pip-*.whl /usr/local/lib/python3.11/dist-packages/ '
    '&& rm -r "$1"/usr/share/python-wheels'
)
IMAGE = f"rotation-decisions:{VERSION}"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


@dataclass(frozen=True)
class Podman:
    folder: Path

    @property
    def command(self) -> list[str]:
        places = [f"--root={self.folder}/storage", f"--runroot={self.folder}/run"]
        return ["podman", *places, "--storage-driver=overlay", "--runtime=runc", "--cgroup-manager=cgroupfs"]

    def __call__(self, *arguments: object, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = [*self.command, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
        assert done.returncode == 0 or not check, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done

    def once(
        self, *command: str, image: str = IMAGE, options: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in a fresh container and remove it."""
        return self("run", "--rm", *CONFINED, *options, image, *command, check=False)

    def inspect(self, image: str) -> dict[str, Any]:
        [told] = json.loads(self("image", "inspect", image).stdout)
        assert isinstance(told, dict)
        return told

    def make_base(self) -> None:
        """Make the stand-in, once."""
        if self("image", "exists", BASE, check=False).returncode == 0:
            return
        made = self.folder / "base.tar"
        made.parent.mkdir(parents=True, exist_ok=True)
        command = ["mmdebstrap", "--variant=minbase", f"--include={STAND_IN}", f"--customize-hook={PUT_PIP}"]
        subprocess.run([*command, "bookworm", str(made)], check=True, capture_output=True, timeout=600)
        self("import", made, f"localhost/{BASE}")
        made.unlink()

    def build(self, context: Path, image: str = IMAGE) -> None:
        """Build as anyone would; the machine's own way to packages is lent to the build and stays in no layer."""
        configuration = self.folder / "pip.conf"
        configuration.write_text(f"[global]\ncert = {CERTIFICATES}\n")
        lent = (f"{CERTIFICATES}:{CERTIFICATES}:ro", f"{configuration}:/etc/pip.conf:ro")
        self(
            *("build", "--isolation=chroot", "--format=docker", "--pull=never", f"--tag={image}"),
            *(f"--volume={each}" for each in lent),
            f"--build-arg=VERSION={VERSION}",
            context,
        )
        # Steps of earlier builds make the next one quick; after a week nobody comes back to them.
        self("image", "prune", "--force", "--filter=until=168h")


def of_this_environment() -> Podman:
    return Podman(Path(sysconfig.get_path("data")) / "container")


def copy_checkout(to: Path) -> None:
    """Copy what is in the working tree but for what tools keep there, readable by its owner alone."""
    kept_by_tools = shutil.ignore_patterns(".*", "__pycache__", "*.sqlite3*", "secrets", "staticfiles")
    shutil.copytree(BASE_DIR, to, ignore=kept_by_tools)
    shutil.copy(BASE_DIR / ".dockerignore", to)
    for path in to.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
