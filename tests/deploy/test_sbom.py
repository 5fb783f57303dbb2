"""The bill of materials is valid CycloneDX and names what the lock installs here."""

import json
import tomllib
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import jsonschema_rs
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from config.environment import BASE_DIR
from tools.sbom import APPLICATION, LOCK, bill_of_materials

pytestmark = pytest.mark.any_database

# The library of CycloneDX ships its schemas. `make sbom` needs neither: the image is built without tools.
SCHEMAS = files("cyclonedx.schema").joinpath("_res")
WHERE = "http://cyclonedx.org/schema/"
PROJECT = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]
BILL = bill_of_materials(LOCK.read_text())
ENTRY = """\
one==1.0 \\
    --hash=sha256:{one} \\
    --hash=sha256:{two}
    # via rotation-decisions (pyproject.toml)
two==2.0 ; python_full_version < '3.12' \\
    --hash=sha256:{two}
    # via one, rotation-decisions (pyproject.toml)
"""


def schema(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(SCHEMAS.joinpath(f"{name}.SNAPSHOT.schema.json").read_text())
    return read


def dependencies(bill: dict[str, Any]) -> dict[str, list[str]]:
    return {each["ref"]: each["dependsOn"] for each in bill["dependencies"]}


def test_it_is_valid_cyclonedx() -> None:
    others = [(f"{WHERE}{name}.SNAPSHOT.schema.json", schema(name)) for name in ("spdx", "jsf-0.82")]
    validator = jsonschema_rs.validator_for(schema("bom-1.6"), registry=jsonschema_rs.Registry(others))

    assert [error.message for error in validator.iter_errors(BILL)] == []
    assert not validator.is_valid(BILL | {"components": [{"name": "of no type"}]})


def test_it_names_what_is_installed_from_the_lock() -> None:
    for component in BILL["components"]:
        assert version(component["name"]) == component["version"]
    # The lock has other entries for other systems and other versions of Python.
    assert 20 < len(BILL["components"]) < LOCK.read_text().count("==")
    required = {canonicalize_name(each.name) for each in map(Requirement, PROJECT["dependencies"])}
    direct = {url.removeprefix("pkg:pypi/").partition("@")[0] for url in dependencies(BILL)[APPLICATION]}
    assert direct == required
    application = BILL["metadata"]["component"]
    assert (application["name"], application["version"]) == (PROJECT["name"], PROJECT["version"])


@pytest.mark.parametrize(("installed", "there"), [("2.0", True), ("2.1", False), (None, False)])
def test_an_entry_counts_if_it_is_installed(installed: str | None, *, there: bool) -> None:
    installed_versions = {"one": "1.0", "two": installed}
    bill = bill_of_materials(ENTRY.format(one="1" * 64, two="2" * 64), installed_versions.get)

    one, two = "pkg:pypi/one@1.0", "pkg:pypi/two@2.0"
    assert [component["purl"] for component in bill["components"]] == [one, two][: 1 + there]
    expected = {APPLICATION: [one, two], one: [two], two: []} if there else {APPLICATION: [one], one: []}
    assert dependencies(bill) == expected
    [files_of_one] = bill["components"][0]["externalReferences"]
    assert [each["content"] for each in files_of_one["hashes"]] == ["1" * 64, "2" * 64]
