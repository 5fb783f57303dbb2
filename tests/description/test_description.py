"""The published description: the copy in docs/, its examples, and its list of problems."""

import ast
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from access.problems import PROBLEMS
from config.environment import BASE_DIR
from config.openapi import written
from tests.description.described import DESCRIPTION, PUBLISHED, validator

SCHEMAS = DESCRIPTION["components"]["schemas"]


def refusals() -> Iterator[tuple[str, HTTPStatus]]:
    """Read the code and status off every Refusal that the code makes."""
    for package in ("access", "config", "rotation", "traces"):
        for module in (BASE_DIR / package).rglob("*.py"):
            for node in ast.walk(ast.parse(module.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refusal":
                    status, code = node.args[:2]
                    yield ast.literal_eval(code), HTTPStatus[ast.unparse(status).removeprefix("HTTPStatus.")]


def test_the_copy_in_docs_is_what_the_code_says() -> None:
    assert PUBLISHED.read_text() == written(), "make openapi"


def test_it_is_served_as_json_to_anybody(client: Client, settings: Settings) -> None:
    settings.ACCESS = "members"

    response = client.get("/openapi.json")

    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response.text == PUBLISHED.read_text()


def test_every_refusal_in_the_code_is_a_listed_problem_and_no_other() -> None:
    assert {(problem.code, problem.status) for problem in PROBLEMS} == set(refusals())


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_every_example_is_valid(schema: dict[str, Any]) -> None:
    assert schema["examples"]
    assert all(validator(schema).is_valid(each) for each in schema["examples"])
