"""
The published description of the JSON face: OpenAPI 3.1, made of the pydantic models and the list of problems.

docs/openapi.json is its copy for readers; `make openapi` renews it, and a test holds the two together.
"""

import json
import sys
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse

from access.problems import PROBLEMS, problem_type
from access.refusals import JSON, PAGE, PROBLEM, TITLES, allow
from config.openapi_schemas import Part, decision_response, problem, rotation_report, schema_of
from config.version import VERSION
from traces.entries import SubmissionKey, TraceId

# What any address may answer before or instead of its own work; 413 and 411 concern a body, whatever the method.
ANYWHERE = {400, 403, 405, 411, 413, 500, 503}
DECIDE = {401, 409, 415, 422, 429}
RESULT = {401, 404, 406}
# Told on the sign-in page and in the admin alone.
NOT_HERE = {"forbidden", "too_many_logins"}
HEADERS = {
    401: ("WWW-Authenticate", "How to say who asks."),
    405: ("Allow", "The methods that are taken."),
    409: ("Location", "Where the running decision can be read."),
    429: ("Retry-After", "Seconds to wait."),
    503: ("Retry-After", "Seconds to wait."),
}
MEMBERS_OF_PROBLEMS = {409: "trace_url", 422: "errors"}


@allow("GET")
def openapi(request: HttpRequest) -> HttpResponse:
    return HttpResponse(written(), content_type=JSON)


@cache
def written() -> str:
    return json.dumps(describe(), indent=2, ensure_ascii=False) + "\n"


def describe() -> Part:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rotation decisions",
            "version": VERSION,
            "summary": "Whether policy line P-7 supports rotating a credential. Nothing is rotated here.",
        },
        "paths": {
            "/rotation/decide": {"post": _decide()},
            "/rotation/{trace_id}": {"get": _result()},
            "/healthz": {"get": _healthz()},
            "/readyz": {"get": _readyz()},
        },
        "components": {
            "schemas": {
                "RotationReport": rotation_report(),
                "DecisionResponse": decision_response(),
                "Problem": problem(),
            },
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _decide() -> Part:
    return {
        "operationId": "decide",
        "summary": "Have a report decided. A failed decision is an answer too.",
        "security": [{}, {"token": []}],
        "parameters": [
            _header("Idempotency-Key", SubmissionKey, "Sent twice with the same report, it is decided once."),
            _header("Retry-Of", TraceId, "The failed decision of the same account that this one retries."),
        ],
        "requestBody": {"required": True, "content": {JSON: {"schema": _ref("RotationReport")}}},
        "responses": {"200": _answer("The decision.", _ref("DecisionResponse")), **_refusals(ANYWHERE | DECIDE)},
    }


def _result() -> Part:
    answer = _answer("The stored decision, whatever its state.", _ref("DecisionResponse"))
    answer["content"][PAGE] = {"schema": {"type": "string"}}
    return {
        "operationId": "result",
        "summary": "Read a decision again: JSON, or a page for who prefers one.",
        "security": [{}, {"token": []}],
        "parameters": [{"name": "trace_id", "in": "path", "required": True, "schema": schema_of(TraceId)}],
        "responses": {
            "200": answer,
            "302": {"description": "Members only: a browser is led to sign in.", "headers": _headers("Location", "")},
            **_refusals(ANYWHERE | RESULT, page=True),
        },
    }


def _healthz() -> Part:
    ok = {"type": "object", "properties": {"status": {"const": "ok"}}, "required": ["status"]}
    return {
        "operationId": "healthz",
        "summary": "Whether the process lives.",
        "responses": {"200": _probe("It does.", ok)},
    }


def _readyz() -> Part:
    ready = {"type": "object", "properties": {"status": {"const": "ready"}}, "required": ["status"]}
    parts = {"type": "array", "minItems": 1, "items": {"enum": ["database", "migrations", "configuration"]}}
    not_ready = {
        "type": "object",
        "properties": {"status": {"const": "unavailable"}, "not_ready": parts},
        "required": ["status", "not_ready"],
    }
    return {
        "operationId": "readyz",
        "summary": "Whether requests may be sent here.",
        "responses": {"200": _probe("They may.", ready), "503": _probe("They may not yet.", not_ready)},
    }


def _refusals(statuses: set[int], *, page: bool = False) -> Part:
    return {str(status): _refusal(status, page=page) for status in sorted(statuses)}


def _refusal(status: int, *, page: bool) -> Part:
    """Describe a status with the types of problem that it comes with here."""
    here = [each for each in PROBLEMS if each.status == status and each.code not in NOT_HERE]
    types = [problem_type(problem.code) for problem in here]
    required = [MEMBERS_OF_PROBLEMS[status]] if status in MEMBERS_OF_PROBLEMS else []
    told: Part = {"properties": {"type": {"enum": types}, "status": {"const": status}}, "required": required}
    title = TITLES.get(here[0].status, here[0].status.phrase)
    told["properties"]["title"] = {"const": title}
    description = "; ".join(f"`{problem_type(problem.code)}`: {problem.when}" for problem in here)
    content: Part = {PROBLEM: {"schema": {"allOf": [_ref("Problem"), told]}}}
    if page:
        content[PAGE] = {"schema": {"type": "string"}}
    return {
        "description": f"{title}. {description}.",
        "content": content,
        **({"headers": _headers(*HEADERS[status])} if status in HEADERS else {}),
    }


def _answer(description: str, schema: Part) -> Part:
    return {"description": description, "content": {JSON: {"schema": schema}}}


def _probe(description: str, schema: Part) -> Part:
    return {**_answer(description, schema), "headers": _headers("X-Release", "What was deployed.")}


def _headers(name: str, description: str) -> Part:
    return {name: {"description": description, "required": True, "schema": {"type": "string"}}}


def _header(name: str, shape: Any, description: str) -> Part:  # noqa: ANN401 - an annotated type is no class
    schema = {"anyOf": [schema_of(shape), {"const": ""}]}
    return {"name": name, "in": "header", "description": f"{description} An empty one is none.", "schema": schema}


def _ref(name: str) -> Part:
    return {"$ref": f"#/components/schemas/{name}"}


if __name__ == "__main__":
    sys.stdout.write(written())
