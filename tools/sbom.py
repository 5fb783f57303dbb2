"""
Print a bill of materials, as CycloneDX 1.6, of what is installed here from the lock: `python -m tools.sbom`.

It has no date and no serial number, so that the same lock gives the same bytes. The image is built with it, so it needs
nothing but Python.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

from config.version import VERSION

LOCK = Path(__file__).resolve().parent.parent / "requirements.txt"
APPLICATION = "rotation-decisions"
# A name and a version, the digests of the files, and the packages that need it.
ENTRY = re.compile(r"^([\w.-]+)(?:\[.+?\])?==(\S+).* \\\n((?: +--hash=.+\n)+) +# via (.+)$", re.MULTILINE)
DIGEST = re.compile(r"--hash=sha256:(\w+)")


class Package(NamedTuple):
    name: str
    version: str
    digests: list[str]
    needed_by: list[str]

    @property
    def url(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}"


def installed_version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def bill_of_materials(lock: str, version_of: Callable[[str], str | None] = installed_version) -> dict[str, Any]:
    """The lock has more than one version of a package where systems or versions of Python need different ones."""
    packages = [package for package in _locked(lock) if version_of(package.name) == package.version]
    application = {"type": "application", "bom-ref": APPLICATION, "name": APPLICATION, "version": VERSION}
    references = {APPLICATION: APPLICATION} | {package.name: package.url for package in packages}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": application},
        "components": [_component(package) for package in packages],
        "dependencies": [
            {"ref": reference, "dependsOn": [package.url for package in packages if name in package.needed_by]}
            for name, reference in references.items()
        ],
    }


def _locked(lock: str) -> Iterator[Package]:
    for name, locked_version, digests, needed_by in ENTRY.findall(lock):
        # The application is followed by the file that names its requirements.
        names = [each.split()[0] for each in needed_by.split(", ")]
        yield Package(name, locked_version, DIGEST.findall(digests), names)


def _component(package: Package) -> dict[str, Any]:
    # The lock accepts several files of a package, each by its digest; which one is installed depends on the machine.
    hashes = [{"alg": "SHA-256", "content": digest} for digest in package.digests]
    return {
        "type": "library",
        "bom-ref": package.url,
        "name": package.name,
        "version": package.version,
        "purl": package.url,
        "externalReferences": [{"type": "distribution", "url": package.url, "hashes": hashes}],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(bill_of_materials(LOCK.read_text()), indent=1) + "\n")
