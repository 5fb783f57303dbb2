"""The Responses protocol: the request's body, and reading an answer from the response."""

from typing import Any

from pydantic import BaseModel

from boundary.exchange import Question, Reading, Wire
from boundary.strict_json import parse_strict_json


class Part(BaseModel):
    type: str
    text: str | None = None
    refusal: str | None = None


class Item(BaseModel):
    """One step of the model. Only messages have parts that we read."""

    type: str
    content: list[Part] | None = None


class Incomplete(BaseModel):
    reason: str | None = None


class Response(BaseModel):
    """The parts of the response that we read. All other fields are ignored."""

    status: str
    output: list[Item]
    incomplete_details: Incomplete | None = None
    model: Any = None
    usage: dict[str, Any] | None = None


def request_body(question: Question, model: str, max_completion_tokens: int) -> dict[str, Any]:
    answer = {"type": "json_schema", "name": question.schema_name, "strict": True, "schema": question.schema}
    return {
        "model": model,
        "instructions": question.system,
        "input": [{"role": "user", "content": question.user}],
        "text": {"format": answer},
        "max_output_tokens": max_completion_tokens,
        "store": False,
    }


def read(body: bytes) -> Reading:
    response = parse_strict_json(body, Response)
    usage = response.usage or {}
    parts = [part for item in response.output if item.type == "message" for part in item.content or ()]
    answer = "".join(part.text or "" for part in parts if part.type == "output_text")
    filtered = response.incomplete_details is not None and response.incomplete_details.reason == "content_filter"
    return Reading(
        answer=answer if response.status == "completed" else "",
        is_refused=filtered or any(part.type == "refusal" for part in parts),
        model=response.model,
        input_tokens=usage.get("input_tokens"),
        output_tokens=usage.get("output_tokens"),
    )


RESPONSES = Wire("/responses", request_body, read)
