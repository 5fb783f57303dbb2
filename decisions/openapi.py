"""The OpenAPI description of each workflow: its two operations and the shapes of its JSON."""

from typing import Any

from django.urls import reverse
from pydantic import TypeAdapter

from access.problems import PROBLEMS, problem_type
from access.refusals import JSON, PAGE, PROBLEM, TITLES
from decisions.workflow import Workflow
from traces.entries import SubmissionKey, TraceId

Part = dict[str, Any]

# Every address may respond with these. 411 and 413 concern a body, which any method may have.
ANYWHERE = {400, 403, 405, 411, 413, 500, 503}
DECIDE = {401, 409, 415, 422, 429}
RESULT = {401, 404, 406}
# Only the sign-in page and the admin respond with these.
NOT_HERE = {"forbidden", "too_many_logins", "no_result", "already_judged"}
HEADERS = {
    401: ("WWW-Authenticate", "How to authenticate."),
    405: ("Allow", "The methods that the address takes."),
    409: ("Location", "Where the running decision can be read."),
    429: ("Retry-After", "Seconds to wait."),
    503: ("Retry-After", "Seconds to wait."),
}
MEMBERS_OF_PROBLEMS = {409: "trace_url", 422: "errors"}
ANY_ID = "trace_00000000000000000000000000"


def schema_of(shape: Any) -> Part:  # noqa: ANN401 - an annotated type is no class
    schema: Part = TypeAdapter(shape).json_schema()
    return schema


def answer(description: str, schema: Part) -> Part:
    return {"description": description, "content": {JSON: {"schema": schema}}}


def headers(name: str, description: str) -> Part:
    return {name: {"description": description, "required": True, "schema": {"type": "string"}}}


def paths(workflow: Workflow) -> Part:
    name, id_name = workflow.name, f"{workflow.id_prefix}_id"
    folder, _, _ = reverse(f"{name}:result", kwargs={"trace_id": ANY_ID}).rpartition("/")
    decide_id, result_id = workflow.description.operation_ids or (f"{name}_decide", f"{name}_result")
    return {
        reverse(f"{name}:decide"): {"post": {"operationId": decide_id, **_decide(workflow)}},
        f"{folder}/{{{id_name}}}": {"get": {"operationId": result_id, **_result(workflow, id_name)}},
    }


def schemas(workflow: Workflow) -> Part:
    """Return the JSON schemas of the report and the response, by the names of their types."""
    description = workflow.description
    report = workflow.report.model_json_schema() | {"examples": [dict(description.report_example)]}
    make_response = description.response_schema or description.response.model_json_schema
    response = make_response() | {"examples": [dict(example) for example in description.response_examples]}
    return {workflow.report.__name__: report, description.response.__name__: response}


def _decide(workflow: Workflow) -> Part:
    words, response = workflow.words, _ref(workflow.description.response.__name__)
    refused = ANYWHERE | DECIDE | _gone(workflow)
    idempotency_key = f"Sent twice with the same {words.report}, it is decided once."
    retry_of = f"The failed {words.result} that this one retries."
    return {
        "summary": f"Have a {words.report} decided. A failed {words.result} is an answer too.",
        "security": [{}, {"token": []}],
        "parameters": [
            _header("Idempotency-Key", schema_of(SubmissionKey), idempotency_key),
            _header("Retry-Of", id_schema(workflow.id_prefix), retry_of),
        ],
        "requestBody": {"required": True, "content": {JSON: {"schema": _ref(workflow.report.__name__)}}},
        "responses": {"200": answer(f"The {words.result}.", response), **_refusals(refused)},
    }


def _result(workflow: Workflow, id_name: str) -> Part:
    words, response = workflow.words, _ref(workflow.description.response.__name__)
    stored = answer(f"The stored {words.result}, whatever its state.", response)
    stored["content"][PAGE] = {"schema": {"type": "string"}}
    sign_in = {"description": "Members only: a browser is redirected to sign in.", "headers": headers("Location", "")}
    return {
        "summary": f"Read a {words.result} again, as JSON or as a page.",
        "security": [{}, {"token": []}],
        "parameters": [{"name": id_name, "in": "path", "required": True, "schema": id_schema(workflow.id_prefix)}],
        "responses": {"200": stored, "302": sign_in, **_refusals(ANYWHERE | RESULT | _gone(workflow), page=True)},
    }


def id_schema(*prefixes: str) -> Part:
    schema, named = schema_of(TraceId), "|".join(prefixes)
    return schema | {"pattern": schema["pattern"].replace("trace", f"({named})" if len(prefixes) > 1 else named)}


def _gone(workflow: Workflow) -> set[int]:
    """A product may have been deleted before its trace. A repeated submission finds that out, too."""
    return {410} if workflow.products else set()


def _refusals(statuses: set[int], *, page: bool = False) -> Part:
    return {str(status): _refusal(status, page=page) for status in sorted(statuses)}


def _refusal(status: int, *, page: bool) -> Part:
    """Describe a status with the problem types that a workflow's routes use."""
    here = [each for each in PROBLEMS if each.status == status and each.code not in NOT_HERE]
    types = [problem_type(problem.code) for problem in here]
    required = [MEMBERS_OF_PROBLEMS[status]] if status in MEMBERS_OF_PROBLEMS else []
    title = TITLES.get(here[0].status, here[0].status.phrase)
    properties = {"type": {"enum": types}, "status": {"const": status}, "title": {"const": title}}
    description = "; ".join(f"`{problem_type(problem.code)}`: {problem.when}" for problem in here)
    narrowed: Part = {"properties": properties, "required": required}
    content: Part = {PROBLEM: {"schema": {"allOf": [_ref("Problem"), narrowed]}}}
    if page:
        content[PAGE] = {"schema": {"type": "string"}}
    return {
        "description": f"{title}. {description}.",
        "content": content,
        **({"headers": headers(*HEADERS[status])} if status in HEADERS else {}),
    }


def _header(name: str, schema: Part, description: str) -> Part:
    description = f"{description} An empty one counts as absent."
    return {"name": name, "in": "header", "description": description, "schema": {"anyOf": [schema, {"const": ""}]}}


def _ref(name: str) -> Part:
    return {"$ref": f"#/components/schemas/{name}"}
