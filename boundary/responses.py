"""The Responses protocol: the request's body, and reading an answer from the response."""

from typing import Any

from pydantic import BaseModel

from boundary.exchange import Question, Reading, Wire
from boundary.servers import Server
from boundary.strict_json import parse_strict_json
from boundary.trouble import trouble_in

FINAL = "final_answer"


class Part(BaseModel):
    type: str
    text: str | None = None
    refusal: str | None = None


class Item(BaseModel):
    """One step of the model. Only messages have parts that we read."""

    type: str
    phase: str | None = None
    content: list[Part] | None = None


class Incomplete(BaseModel):
    reason: str | None = None


class Response(BaseModel):
    """The parts of the response that we read. All other fields are ignored."""

    status: str
    output: list[Item]
    incomplete_details: Incomplete | None = None
    error: Any = None
    model: Any = None
    usage: Any = None


def request_body(question: Question, model: str, limit: int, server: Server) -> dict[str, Any]:
    answer = _answer_format(question, server)
    body = {
        "model": model,
        "instructions": None if server.system_role == "user" else question.system_for(server),
        "input": [{"role": "user", "content": question.user_for(server)}],
        "text": answer and {"format": answer},
        "max_output_tokens": limit,
        "stream": False,
        # These servers store by default.
        "store": None if server.store == "omit" else False,
        "reasoning": server.reasoning_effort and {"effort": server.reasoning_effort},
        "temperature": server.temperature,
    }
    return {name: value for name, value in body.items() if value is not None}


def _answer_format(question: Question, server: Server) -> dict[str, Any] | None:
    if server.answer_format == "prompt":
        return None
    if server.answer_format == "json_object":
        return {"type": "json_object"}
    return {"type": "json_schema", "name": question.schema_name, "strict": True, "schema": question.schema}


def read(body: bytes) -> Reading:
    response = parse_strict_json(body, Response)
    usage = response.usage if isinstance(response.usage, dict) else {}
    messages = [item for item in response.output if item.type == "message"]
    # A model may comment on its way to the answer.
    final = [item for item in messages if item.phase == FINAL] or messages
    parts = [part for item in final for part in item.content or ()]
    reason = response.incomplete_details and response.incomplete_details.reason
    return Reading(
        answer="".join(part.text or "" for part in parts if part.type == "output_text"),
        is_cut_short=response.status != "completed",
        is_refused=reason == "content_filter" or any(part.type == "refusal" for part in parts),
        error=trouble_in(response.error),
        model=response.model,
        input_tokens=usage.get("input_tokens"),
        output_tokens=usage.get("output_tokens"),
    )


RESPONSES = Wire("/responses", request_body, read)
