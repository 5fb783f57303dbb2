"""Build and run the image with podman, which needs no engine and has its own store here."""

import json
import shutil
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.environment import BASE_DIR
from config.version import VERSION

# The limits of compose.yaml: only memory is writable, and no rights can be gained.
CONFINED = (
    *("--network=host", "--read-only", "--read-only-tmpfs=false", "--tmpfs=/tmp:size=64m,mode=1777"),
    *("--cap-drop=ALL", "--security-opt=no-new-privileges"),
    # Podman would raise these limits, which an unprivileged machine refuses. Without systemd it cannot run the health
    # check, so a test runs it.
    *("--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024", "--no-healthcheck"),
)
# The official image is not available everywhere. In this store, Debian's Python of the same release replaces it. As in
# the official image, pip is below /usr/local.
BASE = "python:3.11-slim-bookworm"
STAND_IN_PACKAGES = "ca-certificates,python3,python-is-python3,python3-pip-whl"
UNPACK_PIP = (
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
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
        assert run.returncode == 0 or not check, f"{command}\n{run.stdout[-4000:]}\n{run.stderr[-4000:]}"
        return run

    def once(
        self, *command: str, image: str = IMAGE, options: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in a new container and remove it."""
        return self("run", "--rm", *CONFINED, *options, image, *command, check=False)

    def inspect(self, image: str) -> dict[str, Any]:
        [image_data] = json.loads(self("image", "inspect", image).stdout)
        assert isinstance(image_data, dict)
        return image_data

    def make_base(self) -> None:
        """Make the replacement of the official image, once."""
        if self("image", "exists", BASE, check=False).returncode == 0:
            return
        archive = self.folder / "base.tar"
        archive.parent.mkdir(parents=True, exist_ok=True)
        options = ["--variant=minbase", f"--include={STAND_IN_PACKAGES}", f"--customize-hook={UNPACK_PIP}"]
        subprocess.run(["mmdebstrap", *options, "bookworm", str(archive)], check=True, capture_output=True, timeout=600)
        self("import", archive, f"localhost/{BASE}")
        archive.unlink()

    def build(self, context: Path, image: str = IMAGE) -> None:
        """Build the image. The machine's package settings are mounted during the build and stay in no layer."""
        configuration = self.folder / "pip.conf"
        configuration.write_text(f"[global]\ncert = {CERTIFICATES}\n")
        mounts = (f"{CERTIFICATES}:{CERTIFICATES}:ro", f"{configuration}:/etc/pip.conf:ro")
        self(
            *("build", "--isolation=chroot", "--format=docker", "--pull=never", f"--tag={image}"),
            *(f"--volume={each}" for each in mounts),
            f"--build-arg=VERSION={VERSION}",
            context,
        )
        # Steps of earlier builds are cached for a week.
        self("image", "prune", "--force", "--filter=until=168h")


def podman_of_this_environment() -> Podman:
    return Podman(Path(sysconfig.get_path("data")) / "container")


def copy_checkout(to: Path) -> None:
    """Copy what is in the working tree but for what tools keep there, readable by its owner alone."""
    kept_by_tools = shutil.ignore_patterns(".*", "__pycache__", "*.sqlite3*", "secrets", "staticfiles")
    shutil.copytree(BASE_DIR, to, ignore=kept_by_tools)
    shutil.copy(BASE_DIR / ".dockerignore", to)
    for path in to.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
