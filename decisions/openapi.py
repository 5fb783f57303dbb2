"""The OpenAPI description of each workflow: its operations and the shapes of its JSON."""

from typing import Any

from django.urls import reverse
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from access.problems import PROBLEMS, problem_type
from access.refusals import JSON, PAGE, PROBLEM, TITLES
from decisions.review_contract import Question, ReviewState
from decisions.workflow import ReviewWords, Workflow
from traces.entries import SubmissionKey, TraceId

Part = dict[str, Any]
SHAPE = "#/components/schemas/{model}"

# Every address may respond with these. 411 and 413 concern a body, which any method may have.
ANYWHERE = {400, 403, 405, 411, 413, 500, 503}
DECIDE = {401, 406, 409, 415, 422, 429}
RESULT = {401, 404, 406, 429}
FEEDBACK = {401, 404, 406, 409, 415, 422, 429}
# Only the sign-in page and the admin respond with these.
ELSEWHERE = {"forbidden", "too_many_logins"}
ON_FEEDBACK = {"no_result", "already_judged"}
ON_REVIEW = {"not_reviewable", "already_reviewed", "already_asked"}
ON_DECIDE = {"still_running", "too_many_decisions"}
# What comes with a problem, by its code.
HEADERS = {
    "invalid_token": ("WWW-Authenticate", "How to authenticate."),
    "method_not_allowed": ("Allow", "The methods that the address takes."),
    "still_running": ("Location", "Where the running decision can be read."),
    "too_many_decisions": ("Retry-After", "Seconds to wait."),
    "too_many_tokens": ("Retry-After", "Seconds to wait."),
    "ledger_unavailable": ("Retry-After", "Seconds to wait."),
}
MEMBERS = {"still_running": "trace_url", "invalid_body": "errors"}
LINKS = "`alternate` is the page; `related`, where a person may be asked, is what they found."
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
    described = {
        reverse(f"{name}:decide"): {"post": {"operationId": decide_id, **_decide(workflow)}},
        f"{folder}/{{{id_name}}}": {"get": {"operationId": result_id, **_result(workflow, id_name)}},
    }
    if workflow.feedback:
        address = f"{folder}/{{{id_name}}}/feedback"
        described[address] = {"post": {"operationId": f"{name}_feedback", **_feedback(workflow, id_name)}}
    if workflow.review:
        described[f"{folder}/{{{id_name}}}/review"] = _review(workflow, workflow.review, id_name)
    return described


def schemas(workflow: Workflow) -> Part:
    """Return the JSON schemas of the report, the response and the parts of either, by the names of their types."""
    description = workflow.description
    report, response = _published(workflow.report, "validation"), _published(description.response, "serialization")
    description.narrow_response(response)
    parts = {**report.pop("$defs", {}), **response.pop("$defs", {})}
    report["examples"] = [dict(description.report_example)]
    response["examples"] = [dict(example) for example in description.response_examples]
    return {workflow.report.__name__: report, description.response.__name__: response, **parts}


def _published(shape: type[BaseModel], mode: JsonSchemaMode) -> Part:
    return shape.model_json_schema(ref_template=SHAPE, mode=mode)


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
        "responses": {
            "200": answer(f"The {words.result}.", response) | {"headers": headers("Link", LINKS)},
            **_refusals(refused, leave_out=ON_FEEDBACK | ON_REVIEW),
        },
    }


def _result(workflow: Workflow, id_name: str) -> Part:
    words, response = workflow.words, _ref(workflow.description.response.__name__)
    stored = answer(f"The stored {words.result}, whatever its state.", response)
    stored["content"][PAGE] = {"schema": {"type": "string"}}
    stored["headers"] = headers("Link", LINKS)
    refused = _refusals(ANYWHERE | RESULT | _gone(workflow), page=True, leave_out=ON_FEEDBACK | ON_REVIEW | ON_DECIDE)
    sign_in = {"description": "Members only: a browser is redirected to sign in.", "headers": headers("Location", "")}
    return {
        "summary": f"Read a {words.result} again, as JSON or as a page.",
        "security": [{}, {"token": []}],
        "parameters": [_id_in_path(workflow, id_name)],
        "responses": {"200": stored, "302": sign_in, **refused},
    }


def _feedback(workflow: Workflow, id_name: str) -> Part:
    words = workflow.words
    verdict = {"enum": [*workflow.feedback]}
    schema = {"type": "object", "properties": {"verdict": verdict}, "required": ["verdict"]}
    return {
        "summary": f"Say once whether a {words.result} is right. Only its sender may.",
        "security": [{}, {"token": []}],
        "parameters": [_id_in_path(workflow, id_name)],
        "requestBody": {"required": True, "content": {JSON: {"schema": schema | {"additionalProperties": False}}}},
        "responses": {
            "200": answer("The verdict is stored.", schema),
            **_refusals(ANYWHERE | FEEDBACK | _gone(workflow), leave_out=ON_REVIEW | ON_DECIDE),
        },
    }


def _review(workflow: Workflow, words: ReviewWords, id_name: str) -> Part:
    """Describe both operations: they respond with the same state, and send a browser to the page."""
    schema, result = schema_of(ReviewState), workflow.words.result
    schema["properties"]["outcome"] |= {"anyOf": [{"enum": [*words.outcomes]}, {"type": "null"}]}
    schema["properties"]["reason"] |= {"anyOf": [{"enum": [*words.reasons]}, {"type": "null"}]}
    page = {"description": "A browser is redirected to the page.", "headers": headers("Location", "")}
    common = {"security": [{}, {"token": []}], "parameters": [_id_in_path(workflow, id_name)]}
    leave_out = ON_FEEDBACK | ON_DECIDE
    state = {"200": answer("The state. Outcome and reason are those of the latest review.", schema), "303": page}
    return {
        "get": {
            "operationId": f"{workflow.name}_review",
            "summary": f"Read whether a person was asked to look at a {result}, and what they found.",
            **common,
            "responses": {**state, **_refusals(ANYWHERE | RESULT, page=True, leave_out=leave_out)},
        },
        "post": {
            "operationId": f"{workflow.name}_ask_a_person",
            "summary": f"Ask a person once to look at a {result} that trying again cannot settle. Only its sender may.",
            **common,
            "requestBody": {"required": True, "content": {JSON: {"schema": schema_of(Question)}}},
            "responses": {**state, **_refusals(ANYWHERE | FEEDBACK, page=True, leave_out=leave_out)},
        },
    }


def _id_in_path(workflow: Workflow, name: str) -> Part:
    return {"name": name, "in": "path", "required": True, "schema": id_schema(workflow.id_prefix)}


def id_schema(*prefixes: str) -> Part:
    schema, named = schema_of(TraceId), "|".join(prefixes)
    return schema | {"pattern": schema["pattern"].replace("trace", f"({named})" if len(prefixes) > 1 else named)}


def _gone(workflow: Workflow) -> set[int]:
    """A product may have been deleted before its trace. A repeated submission finds that out, too."""
    return {410} if workflow.products else set()


def _refusals(statuses: set[int], *, leave_out: set[str], page: bool = False) -> Part:
    return {str(status): _refusal(status, leave_out, page=page) for status in sorted(statuses)}


def _refusal(status: int, leave_out: set[str], *, page: bool) -> Part:
    """Describe a status with the problem types that an operation responds with."""
    here = [each for each in PROBLEMS if each.status == status and each.code not in leave_out | ELSEWHERE]
    types = [problem_type(problem.code) for problem in here]
    required = [MEMBERS[problem.code] for problem in here if problem.code in MEMBERS]
    named = [headers(*HEADERS[problem.code]) for problem in here if problem.code in HEADERS]
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
        **({"headers": named[0]} if named else {}),
    }


def _header(name: str, schema: Part, description: str) -> Part:
    description = f"{description} An empty one counts as absent."
    return {"name": name, "in": "header", "description": description, "schema": {"anyOf": [schema, {"const": ""}]}}


def _ref(name: str) -> Part:
    return {"$ref": SHAPE.format(model=name)}
