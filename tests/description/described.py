"""Compare a response with the published description."""

import json
from typing import Any

from jsonschema_rs import Draft202012Validator

from config.environment import BASE_DIR
from tests.conftest import Response

PUBLISHED = BASE_DIR / "docs" / "openapi.json"
DESCRIPTION: dict[str, Any] = json.loads(PUBLISHED.read_text())
DECIDE, RESULT = ("post", "/rotation/decide"), ("get", "/rotation/{trace_id}")
EXTRACT, TICKET = ("post", "/tickets/extract"), ("get", "/tickets/{task_id}")
ASK, REVIEW = ("post", "/rotation/{trace_id}/review"), ("get", "/rotation/{trace_id}/review")
FEEDBACK = ("post", "/tickets/{task_id}/feedback")


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(schema | {"components": DESCRIPTION["components"]})


def assert_described(response: Response, operation: tuple[str, str]) -> None:
    """Expect that status, content type, body and headers match the description of this operation."""
    method, path = operation
    answer = DESCRIPTION["paths"][path][method]["responses"][str(response.status_code)]
    assert all(name in response.headers for name in answer.get("headers", {}))
    if "content" not in answer:
        assert response.content == b""
        return
    content_type = response["Content-Type"].partition(";")[0]
    schema = answer["content"][content_type]["schema"]
    validator(schema).validate(response.text if content_type == "text/html" else response.json())
