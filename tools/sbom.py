"""
Print a bill of materials, as CycloneDX 1.6, of what the lock installs for this Python: `python -m tools.sbom`.

It has no date and no serial number, so that the same lock gives the same bytes. The image is built with it, so it needs
only what the lock installs: `packaging` comes with gunicorn.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from packaging.requirements import Requirement

from config.version import VERSION

LOCK = Path(__file__).resolve().parent.parent / "requirements.txt"
APPLICATION = "rotation-decisions"
# A requirement, the digests of its files, and the packages that need it.
ENTRY = re.compile(r"^(\S.+?) \\\n((?: +--hash=.+\n)+) +# via (.+)$", re.MULTILINE)
DIGEST = re.compile(r"--hash=sha256:(\w+)")


class Package(NamedTuple):
    name: str
    version: str
    digests: list[str]
    needed_by: list[str]

    @property
    def url(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}"


def bill_of_materials(lock: str) -> dict[str, Any]:
    packages = list(_installed(lock))
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


def _installed(lock: str) -> Iterator[Package]:
    for line, digests, needed_by in ENTRY.findall(lock):
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate():
            version = str(requirement.specifier).removeprefix("==")
            # The application is followed by the file that names its requirements.
            names = [name.split()[0] for name in needed_by.split(", ")]
            yield Package(requirement.name, version, DIGEST.findall(digests), names)


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
