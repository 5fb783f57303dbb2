"""What the image contains and what it must not contain."""

import json
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

from config.version import VERSION
from tests.container.conftest import CANARY, Figure
from tests.container.podman import BASE, IMAGE, Podman
from tests.container.programs import HADOLINT
from tests.packages import PACKAGES

# Our layers take 136 MB, nearly all of them the locked packages with their bytecode; libcurl and cryptography are 16 MB
# each. A compiler (250 MB) or pip's cache (60 MB) would exceed the limit.
LARGEST_MB = 150
SERVED = {
    *("manage.py", "gunicorn.conf.py", "LICENSE", "bom.json", "requirements.txt", "static", "staticfiles", "templates"),
    # The story's remedies are read from docs/runbook.md.
    "docs",
    *PACKAGES,
}
FORBIDDEN_PROGRAMS = ("pip", "ensurepip", "gcc", "cc", "make", "git", "uv", "nginx")


def test_hadolint_finds_no_fault(checkout: Path) -> None:
    command = [str(HADOLINT), "--failure-threshold=style", str(checkout / "Dockerfile")]
    lint = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (lint.returncode, lint.stdout) == (0, "")


def test_image_is_small(podman: Podman, figure: Figure) -> None:
    base, image = (podman.inspect(name)["Size"] / 1e6 for name in (BASE, IMAGE))

    figure(f"image: {image:.0f} MB, of which ours {image - base:.0f} and the base, Debian's stand-in, {base:.0f}")
    assert image - base < LARGEST_MB


def test_image_has_its_labels_user_and_command(podman: Podman) -> None:
    output = podman.inspect(IMAGE)

    assert output["Config"]["Labels"]["org.opencontainers.image.version"] == VERSION
    assert output["Config"]["User"] == "10001:10001"
    assert output["Config"]["Cmd"] == ["gunicorn", "config.wsgi"]
    assert output["Config"]["StopSignal"] == "SIGTERM"
    assert output["Healthcheck"]["Test"][0] == "CMD"


def test_no_layer_has_secrets_or_stray_files(podman: Podman, checkout: Path, figure: Figure) -> None:
    forbidden_texts = [CANARY, *(path.read_text().strip() for path in (checkout / "secrets").iterdir())]
    # The build values for collecting static files are in the Dockerfile and may not stay as settings.
    forbidden_texts += re.findall(r"(build-only[\w-]+)", (checkout / "Dockerfile").read_text())
    forbidden = [value.encode() for value in forbidden_texts if value]
    files = dict(layer_files(podman, checkout.parent / "image.tar"))

    figure(f"layers: {len(files)} files searched for {len(forbidden)} secrets and strays: none")
    assert len(forbidden) > 9
    assert [name for name, text in files.items() if any(value in text for value in forbidden)] == []
    assert [name for name in files if re.search(r"(^|/)(\.env|\.git|secrets|app/tests)(/|$)|sqlite3$", name)] == []


def layer_files(podman: Podman, saved: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file of every layer, also those that a later layer hides, and the metadata of the image."""
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


def test_image_has_only_what_serves(podman: Podman) -> None:
    listed = podman.once("ls", "-A", "/app").stdout.split()

    assert set(listed) == SERVED


def test_bill_of_materials_names_what_is_installed(podman: Podman) -> None:
    script = (
        "import importlib.metadata, json, re; print(json.dumps([f'pkg:pypi/{name}@{each.version}'"
        " for each in importlib.metadata.distributions() for name in [re.sub('[-_.]+', '-', each.name).lower()]]))"
    )
    installed = json.loads(podman.once("python", "-c", script).stdout)
    bill = json.loads(podman.once("cat", "/app/bom.json").stdout)

    assert sorted(component["purl"] for component in bill["components"]) == sorted(installed)


def test_image_has_no_installer_or_compiler(podman: Podman) -> None:
    script = (
        "import importlib.util, json, shutil, sys; print(json.dumps([name for name in sys.argv[1:]"
        " if shutil.which(name) or importlib.util.find_spec(name)]))"
    )
    base = podman.once("readlink", "-f", "/opt/venv/bin/python").stdout.strip()
    found = {python: podman.once(python, "-c", script, *FORBIDDEN_PROGRAMS).stdout for python in ("python", base)}

    assert {python: json.loads(output) for python, output in found.items()} == {"python": [], base: []}


def test_container_has_no_rights_and_writes_only_to_memory(podman: Podman) -> None:
    rights = "id -u; id -g; grep -E 'CapEff|NoNewPrivs' /proc/self/status"
    places = "/ /app /opt/venv /etc /run /var/tmp /home /tmp"
    attempts = f"for place in {places}; do touch $place/new 2>/dev/null && echo $place; done"
    output = podman.once("sh", "-c", f"{rights}; {attempts}").stdout

    assert output.split() == ["10001", "10001", "CapEff:", "0" * 16, "NoNewPrivs:", "1", "/tmp"]  # noqa: S108


def test_user_of_the_image_cannot_change_its_code(podman: Podman) -> None:
    """This must hold even if the root is writable."""
    writable = podman.once(
        *("find", "/app", "/opt", "/usr", "-writable", "!", "-type", "l"), options=("--read-only=false",)
    )

    assert (writable.returncode, writable.stdout) == (0, "")


def test_container_that_does_not_serve_is_unhealthy(podman: Podman) -> None:
    _, *probe = podman.inspect(IMAGE)["Healthcheck"]["Test"]
    run = podman.once(*probe, options=("--env=BIND=127.0.0.1:9",))

    assert run.returncode == 1
