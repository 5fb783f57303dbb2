"""
The published description of the JSON interface: OpenAPI 3.1, made from the workflows, the probes and the problems.

docs/openapi.json is its copy for readers. `make openapi` renews it, and a test compares the two.
"""

import json
from functools import cache

from django.http import HttpRequest, HttpResponse

from access.problems import PROBLEMS, problem_type
from access.refusals import JSON, FieldError, allow
from config.version import VERSION
from decisions.openapi import Part, answer, headers, id_schema, paths, schema_of, schemas
from decisions.registry import workflows
from decisions.workflow import Workflow

INVALID = {
    "type": "urn:problem-type:invalid-body",
    "title": "Unprocessable Content",
    "status": 422,
    "detail": "Correct the fields named in errors.",
    "errors": [{"field": "text", "code": "too_short", "message": "Write at least 10 characters."}],
}


def _probe(description: str, status: str, **more: Part) -> Part:
    properties = {"status": {"const": status}, **more}
    schema = {"type": "object", "properties": properties, "required": [*properties]}
    return {**answer(description, schema), "headers": headers("X-Release", "What was deployed.")}


REASONS = ["starting", "database", "migrations", "ledger", "configuration"]
NOT_READY = {"type": "array", "minItems": 1, "items": {"enum": REASONS}}
HEALTHZ = {
    "operationId": "healthz",
    "summary": "Whether the process lives.",
    "responses": {"200": _probe("It does.", "ok")},
}
READYZ = {
    "operationId": "readyz",
    "summary": "Whether requests may be sent here.",
    "responses": {
        "200": _probe("They may.", "ready"),
        "503": _probe("They may not yet.", "unavailable", not_ready=NOT_READY),
    },
}


@allow("GET")
def openapi(request: HttpRequest) -> HttpResponse:
    return HttpResponse(written(), content_type=JSON)


@cache
def written() -> str:
    return json.dumps(describe(workflows()), indent=2, ensure_ascii=False) + "\n"


def describe(described: tuple[Workflow, ...]) -> Part:
    """:raises ValueError: two workflows call a shape by the same name"""
    named = [item for workflow in described for item in schemas(workflow).items()]
    if len(shapes := dict(named)) < len(named):
        raise ValueError("two workflows call a report or response by the same name")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "LLM decisions",
            "version": VERSION,
            "summary": " ".join(workflow.description.summary for workflow in described),
        },
        "paths": {
            **{path: operations for workflow in described for path, operations in paths(workflow).items()},
            "/healthz": {"get": HEALTHZ},
            "/readyz": {"get": READYZ},
        },
        "components": {
            "schemas": {**shapes, "Problem": _problem([workflow.id_prefix for workflow in described])},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _problem(prefixes: list[str]) -> Part:
    members = {
        "type": {"enum": sorted({problem_type(problem.code) for problem in PROBLEMS})},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "minItems": 1, "items": schema_of(FieldError)},
        "trace_id": id_schema(*prefixes),
        "trace_url": {"type": "string"},
    }
    return {
        "description": "RFC 9457. It never repeats what was sent.",
        "type": "object",
        "properties": members,
        "required": ["type", "title", "status", "detail"],
        "additionalProperties": False,
        "examples": [INVALID],
    }
