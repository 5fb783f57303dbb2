"""What is in the image, and what is not."""

import json
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

from config.version import VERSION
from tests.container.conftest import CANARY, Figure
from tests.container.podman import BASE, IMAGE, Podman
from tests.container.programs import BESIDE_PYTHON

# What we add to the base: 97 MB at this time, of which 91 are the locked packages, with 23 of bytecode. A compiler
# (250 MB) or pip's cache (60 MB) does not fit in.
LARGEST_MB = 120
SERVED = {
    *("manage.py", "gunicorn.conf.py", "LICENSE", "static", "staticfiles", "templates"),
    *("access", "boundary", "config", "evals", "rotation", "traces"),
}
MUST_NOT_BE_THERE = ("pip", "ensurepip", "gcc", "cc", "make", "git", "uv", "nginx")


def test_hadolint_has_nothing_to_say(checkout: Path) -> None:
    command = [str(BESIDE_PYTHON), "--failure-threshold=style", str(checkout / "Dockerfile")]
    lint = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (lint.returncode, lint.stdout) == (0, "")


def test_the_image_is_small(podman: Podman, figure: Figure) -> None:
    base, image = (podman.inspect(name)["Size"] / 1e6 for name in (BASE, IMAGE))

    figure(f"image: {image:.0f} MB, of which ours {image - base:.0f} and the base, Debian's stand-in, {base:.0f}")
    assert image - base < LARGEST_MB


def test_the_image_says_what_it_is_and_how_it_runs(podman: Podman) -> None:
    told = podman.inspect(IMAGE)

    assert told["Config"]["Labels"]["org.opencontainers.image.version"] == VERSION
    assert told["Config"]["User"] == "10001:10001"
    assert told["Config"]["Cmd"] == ["gunicorn", "config.wsgi"]
    assert told["Config"]["StopSignal"] == "SIGTERM"
    assert told["Healthcheck"]["Test"][0] == "CMD"


def test_no_layer_holds_a_secret_or_what_lies_about(podman: Podman, checkout: Path, figure: Figure) -> None:
    kept = [CANARY, *(path.read_text().strip() for path in (checkout / "secrets").iterdir())]
    # What the static files were collected with is in the Dockerfile, and may not live on as a setting.
    kept += re.findall(r"(build-only[\w-]+)", (checkout / "Dockerfile").read_text())
    forbidden = [value.encode() for value in kept if value]
    files = dict(layer_files(podman, checkout.parent / "image.tar"))

    figure(f"layers: {len(files)} files searched for {len(forbidden)} secrets and strays: none")
    assert len(forbidden) > 9
    assert [name for name, text in files.items() if any(value in text for value in forbidden)] == []
    assert [name for name in files if re.search(r"(^|/)(\.env|\.git|secrets|app/tests)(/|$)|sqlite3$", name)] == []


def layer_files(podman: Podman, saved: Path) -> Iterator[tuple[str, bytes]]:
    """Read every file of every layer, also those that a later layer hides, and what the image says of itself."""
    podman("save", f"--output={saved}", IMAGE)
    with tarfile.open(saved) as archive:
        for member in archive:
            if member.isfile() and not member.name.endswith(".tar"):
                yield member.name, _read(archive, member)
            elif member.isfile():
                with tarfile.open(fileobj=archive.extractfile(member)) as layer:
                    yield from ((each.name, _read(layer, each)) for each in layer if each.isfile())
    saved.unlink()


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    assert file is not None
    return file.read()


def test_only_what_serves_is_in_it(podman: Podman) -> None:
    listed = podman.once("ls", "-A", "/app").stdout.split()

    assert set(listed) == SERVED


def test_nothing_in_it_installs_or_compiles(podman: Podman) -> None:
    look = (
        "import importlib.util, json, shutil, sys; print(json.dumps([name for name in sys.argv[1:]"
        " if shutil.which(name) or importlib.util.find_spec(name)]))"
    )
    base = podman.once("readlink", "-f", "/opt/venv/bin/python").stdout.strip()
    found = {python: podman.once(python, "-c", look, *MUST_NOT_BE_THERE).stdout for python in ("python", base)}

    assert {python: json.loads(told) for python, told in found.items()} == {"python": [], base: []}


def test_it_runs_without_rights_and_writes_to_memory_alone(podman: Podman) -> None:
    rights = "id -u; id -g; grep -E 'CapEff|NoNewPrivs' /proc/self/status"
    places = "/ /app /opt/venv /etc /run /var/tmp /home /tmp"
    attempts = f"for place in {places}; do touch $place/new 2>/dev/null && echo $place; done"
    told = podman.once("sh", "-c", f"{rights}; {attempts}").stdout

    assert told.split() == ["10001", "10001", "CapEff:", "0" * 16, "NoNewPrivs:", "1", "/tmp"]  # noqa: S108


def test_no_code_may_be_changed_by_who_runs_it(podman: Podman) -> None:
    """Also where the root is not read-only."""
    writable = podman.once(
        *("find", "/app", "/opt", "/usr", "-writable", "!", "-type", "l"), options=("--read-only=false",)
    )

    assert (writable.returncode, writable.stdout) == (0, "")


def test_a_container_that_does_not_serve_is_unhealthy(podman: Podman) -> None:
    _, *probe = podman.inspect(IMAGE)["Healthcheck"]["Test"]
    run = podman.once(*probe, options=("--env=BIND=127.0.0.1:9",))

    assert run.returncode == 1
