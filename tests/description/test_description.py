"""The published description: the copy in docs/, its examples, and its list of problems."""

import ast
import re
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils.module_loading import import_string
from pytest_django import Settings

from access.problems import PROBLEMS
from config.environment import BASE_DIR
from config.openapi import describe, written
from tests.description.described import DESCRIPTION, PUBLISHED, validator
from tests.packages import PACKAGES
from tests.settings import PRODUCT

pytestmark = pytest.mark.any_database

SCHEMAS = DESCRIPTION["components"]["schemas"]


def refusals() -> Iterator[tuple[str, HTTPStatus]]:
    """Yield the code and status of every Refusal in the source."""
    for package in PACKAGES:
        for module in (BASE_DIR / package).rglob("*.py"):
            for node in ast.walk(ast.parse(module.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refusal":
                    status, code = node.args[:2]
                    yield ast.literal_eval(code), HTTPStatus[ast.unparse(status).removeprefix("HTTPStatus.")]


def test_copy_in_docs_equals_the_generated_description() -> None:
    assert describe(tuple(import_string(path) for path in PRODUCT)) == DESCRIPTION, "make openapi"


def test_description_is_public_json(client: Client, settings: Settings) -> None:
    settings.ACCESS = "members"

    response = client.get("/openapi.json")

    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response.text == written()
    assert response.json()["paths"].keys() >= DESCRIPTION["paths"].keys()


def test_listed_problems_are_the_refusals_of_the_code() -> None:
    assert {(problem.code, problem.status) for problem in PROBLEMS} == set(refusals())


def test_every_example_is_valid() -> None:
    with_examples = {name: schema for name, schema in SCHEMAS.items() if "examples" in schema}
    assert len(with_examples) == 2 * len(PRODUCT) + 1
    for name, schema in with_examples.items():
        assert all(validator(schema).is_valid(each) for each in schema["examples"]), name


def test_every_reference_has_a_target() -> None:
    references = set(re.findall(r'"\$ref": "([^"]+)"', PUBLISHED.read_text()))

    assert references
    assert references <= {f"#/components/schemas/{name}" for name in SCHEMAS}
