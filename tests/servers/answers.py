"""What a model says when it is right, and the shapes in which servers say it."""

import json
import socket
from collections.abc import Callable
from typing import Any

from rotation.contract import Condition, CredentialKind
from tests.boundary.fault_server import Behaviour, Request, completion, http, say
from tests.conftest import REPORT
from tests.fakes import answer
from tests.tickets.conftest import ANSWER, TEXT

Json = dict[str, Any]
MODEL = "fake-model"
ROTATION_1: Json = json.loads(answer())
ROTATION_2 = {
    "evidence_quote": REPORT,
    "credential_kind": CredentialKind.SERVICE_ACCOUNT_KEY,
    "condition": Condition.STALE,
    **ROTATION_1,
}
TICKET_2 = {
    "quotes": [TEXT.partition(".")[0]],
    "impact": "one",
    "urgency": "blocked",
    "instructs_reader": False,
    "category": ANSWER["category"],
    "summary": ANSWER["summary"],
}


def asked_text(request: Request) -> str:
    """Return all that the model is given to read, in either protocol."""
    body = request.json
    said = [message["content"] for message in body.get("messages") or body.get("input") or ()]
    return "\n".join([body.get("instructions") or "", *said])


def right_answer(request: Request) -> str:
    """Answer as the prompt asks, of whichever workflow and version it is."""
    text = asked_text(request)
    if "<report>" in text:
        return json.dumps(ROTATION_2 if '"evidence_quote"' in text else ROTATION_1)
    return json.dumps(TICKET_2 if '"quotes"' in text else ANSWER)


def completed(request: Request, /, *, content: object = None, more: Json | None = None, **changes: object) -> Json:
    """Write a whole chat completion. `changes` replace parts of its choice, `more` parts of the envelope."""
    body = completion(right_answer(request) if content is None else content, **changes)
    return body | {"model": request.json["model"]} | (more or {})


def responded(request: Request, *items: Json, **more: object) -> Json:
    """Write a response of the Responses protocol that ends with a message."""
    output = items or (message(right_answer(request)),)
    return {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "model": request.json["model"],
        "output": list(output),
        "usage": {"input_tokens": 321, "output_tokens": 21},
    } | more


def message(text: str, **more: object) -> Json:
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"type": "message", "role": "assistant", "content": [part]} | more


def answers(write: Callable[[Request], object] = completed) -> Callable[[Request], Behaviour]:
    """Send what `write` makes of a request as JSON with the status 200."""
    return lambda request: say(http(200, json.dumps(write(request)).encode()))


def sends(frame: Callable[[bytes], bytes]) -> Callable[[Request], Behaviour]:
    """Send a right completion in a frame of its own, then close the connection."""
    return lambda request: say(frame(json.dumps(completed(request)).encode()), lambda _: False)


def streamed(request: Request) -> Behaviour:
    """Send events, as a server does that streams by itself."""
    chunk = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": right_answer(request)}}]}
    events = f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n".encode()
    return say(http(200, events, content_type="text/event-stream"))


def runs_on(_request: Request) -> Behaviour:
    """Write without end, as a model does that was given no limit."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(http(200, b'{"choices": [{"message": {"content": "', content_length=str(1 << 40)))
        while True:
            connection.sendall(b"and so on " * 1000)

    return behave
