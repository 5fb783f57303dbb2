"""
A model's server that refuses what the real one refuses, in the real one's words and status.

A rule looks at a request and returns the whole HTTP answer that refuses it, or None.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.boundary.fault_server import Behaviour, Request, http, say
from tests.servers.answers import MODEL, answers, asked_text, runs_on

Answer = Callable[[Request], Behaviour]
Rule = Callable[[Request], bytes | None]
# Write a refusal about a field, a header or a format.
Refuse = Callable[[str], bytes]
LIMITS = frozenset({"max_tokens", "max_completion_tokens", "max_output_tokens"})
CHAT = frozenset({"model", "messages", "response_format", "stream", "temperature", "reasoning_effort"})
RESPONSES = frozenset(
    {"model", "instructions", "input", "text", "max_output_tokens", "stream", "store", "reasoning", "temperature"}
)


@dataclass(frozen=True)
class StrictServer:
    """The first rule that does not hold refuses a request. `base` is the path that an operator configures."""

    rules: tuple[Rule, ...] = ()
    answer: Answer = field(default_factory=answers)
    base: str = "/v1"

    def __call__(self, request: Request) -> Behaviour:
        for rule in (_well_formed, *self.rules):
            if refusal := rule(request):
                return say(refusal)
        return self.answer(request)


def refusal(status: int, document: object) -> bytes:
    return http(status, json.dumps(document).encode())


def _well_formed(request: Request) -> bytes | None:
    """Refuse what no server takes."""
    body = request.json
    limits = [body[name] for name in LIMITS & set(body)]
    messages: list[dict[str, Any]] = body.get("messages") or body["input"]
    known = {"system", "developer", "user"}
    fine = (
        request.line.startswith("POST ")
        and request.headers["content-type"] == "application/json"
        and body["model"] == MODEL
        and all(isinstance(limit, int) for limit in limits)
        and [each for each in messages if each["role"] not in known or not isinstance(each["content"], str)] == []
        and messages[-1]["role"] == "user"
        and ("<report>" in messages[-1]["content"] or "<text>" in messages[-1]["content"])
    )
    return None if fine else refusal(400, {"error": "this is no request"})


# ---- Rules


def at(target: str, refuse: Refuse) -> Rule:
    """Take one path, with its query."""
    return lambda request: None if request.line.split()[1] == target else refuse(request.line.split()[1])


def header(name: str, value: str, refuse: Refuse) -> Rule:
    return lambda request: None if request.headers.get(name.lower()) == value else refuse(name)


def without_header(name: str, refuse: Refuse) -> Rule:
    return lambda request: refuse(name) if name.lower() in request.headers else None


def fields(known: frozenset[str], refuse: Refuse) -> Rule:
    """Refuse any other field by its name."""

    def rule(request: Request) -> bytes | None:
        unknown = sorted(set(request.json) - known)
        return refuse(unknown[0]) if unknown else None

    return rule


def formats(known: set[str], refuse: Refuse) -> Rule:
    def rule(request: Request) -> bytes | None:
        kind = _format(request).get("type", "text")
        return None if kind in known else refuse(kind)

    return rule


def names_json(refuse: Refuse) -> Rule:
    """Ask for the word in the prompt if the answer shall be JSON without a schema."""

    def rule(request: Request) -> bytes | None:
        is_needed = _format(request).get("type") == "json_object"
        return refuse("json") if is_needed and "json" not in asked_text(request).lower() else None

    return rule


def no_list_of_types(refuse: Refuse) -> Rule:
    def rule(request: Request) -> bytes | None:
        lists = [each for each in _objects(_format(request)) if isinstance(each.get("type"), list)]
        return refuse("type") if lists else None

    return rule


def strict_schema(refuse: Refuse) -> Rule:
    """Every object of a strict schema names all its fields as required, and allows no other."""

    def rule(request: Request) -> bytes | None:
        for each in _objects(_format(request)):
            if each.get("type") == "object" and "properties" in each:
                is_closed = each.get("additionalProperties") is False
                if not is_closed or set(each.get("required", ())) != set(each["properties"]):
                    return refuse("response_format")
        return None

    return rule


def schema_as_value(refuse: Refuse) -> Rule:
    def rule(request: Request) -> bytes | None:
        wanted = _format(request)
        return None if not wanted or isinstance(wanted.get("value"), dict) else refuse("value")

    return rule


def no_system_role(refuse: Refuse) -> Rule:
    def rule(request: Request) -> bytes | None:
        roles = {message["role"] for message in request.json["messages"]}
        return None if roles == {"user"} else refuse("system")

    return rule


def limited_by(name: str, answer: Answer) -> Answer:
    """Read one name of the limit and ignore others: without it the model never stops."""
    return lambda request: answer(request) if name in request.json else runs_on(request)


def _format(request: Request) -> dict[str, Any]:
    body = request.json
    found: dict[str, Any] = body.get("response_format") or (body.get("text") or {}).get("format") or {}
    return found


def _objects(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _objects(each)
