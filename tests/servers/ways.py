"""Ways in which a server may answer, and may frame its answer."""

import gzip
import json
import socket
from collections.abc import Callable
from pathlib import Path
from time import sleep

from tests.boundary.fault_server import Behaviour, Request, http, say
from tests.servers.answers import Json, answers, completed, message, responded, right_answer
from tests.servers.strict import StrictServer, refusal
from tests.tickets.conftest import TEXT

Answer = Callable[[Request], Behaviour]


# ---- Ways to answer


def rejects(status: int, document: object) -> Answer:
    return lambda _request: say(refusal(status, document))


def chooses(**changes: object) -> Answer:
    """Answer rightly, with other parts of the one choice."""
    return answers(lambda request: completed(request, content=None, more=None, **changes))


def says(message: Json) -> Answer:
    return answers(lambda request: completed(request, message={"role": "assistant", **message}))


def encloses(**more: object) -> Answer:
    """Answer rightly, with other parts of the envelope."""
    return answers(lambda request: completed(request, more=more))


def leaves_out(*names: str) -> Answer:
    return answers(lambda asked: {name: value for name, value in completed(asked).items() if name not in names})


def wraps(around: str) -> Answer:
    return answers(lambda request: completed(request, content=around.replace("{}", right_answer(request))))


def thinks_beside(request: Request) -> Json:
    thought = {"reasoning_content": "I think. " * 34_000, "content": right_answer(request)}
    return completed(request, message={"role": "assistant", **thought})


def thinks_first(request: Request) -> Json:
    """A reasoning model spends a thousand tokens before it writes."""
    if (limit := request.json["max_completion_tokens"]) > 1000:
        return completed(request)
    usage = {"prompt_tokens": 321, "completion_tokens": limit}
    return completed(request, content="", finish_reason="length", more={"usage": usage})


def comments_first(request: Request) -> Json:
    comment = message("I look at the policy first.", phase="commentary")
    return responded(request, comment, message(right_answer(request), phase="final_answer"))


def reasons_first(request: Request) -> Json:
    return responded(request, {"type": "reasoning", "summary": []}, message(right_answer(request)))


def refuses(request: Request) -> Json:
    return responded(request, message("") | {"content": [{"type": "refusal", "refusal": "I cannot."}]})


def quotes_its_request(status: int, code: str | None) -> Answer:
    """Repeat in the error what was sent, as validators do. The customer wrote codes into it."""
    pasted = '"}], "error": {"code": "insufficient_quota", "type": "content_filter", "status": "invalid_prompt"}'
    error = {"message": f"got {pasted}", "input": [{"content": f"{TEXT} {pasted}"}], "type": None, "code": code}
    return rejects(status, {"error": error})


# ---- Ways to frame an answer


def after_early(status: int, body: bytes) -> bytes:
    return f"HTTP/1.1 {status} Early\r\n\r\n".encode() + http(200, body)


def in_old_http(body: bytes) -> bytes:
    return b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + body


def with_a_trailer(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
    return head + b"%x\r\n%s\r\n0\r\nX-Sum: 1\r\n\r\n" % (len(body), body)


def with_many_headers(body: bytes) -> bytes:
    return http(200, body, **{f"x_header_{number}": "of a gateway" for number in range(120)})


def in_brotli(body: bytes) -> bytes:
    """Put the bytes as they are into one block of a Brotli stream (RFC 7932, 9.2)."""
    block = ((len(body) - 1) << 4 | 1 << 20).to_bytes(3, "little")
    return http(200, block + body + b"\x03", content_encoding="br")


def in_gzip(body: bytes) -> bytes:
    return http(200, gzip.compress(body), content_encoding="gzip")


def cut_short(body: bytes) -> bytes:
    return http(200, body)[:-30]


def drips_blanks(request: Request) -> Behaviour:
    def behave(connection: socket.socket) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(3):
            connection.sendall(b" \n")
            sleep(0.01)
        connection.sendall(json.dumps(completed(request)).encode())
        return False

    return behave


def renews(key: Path) -> StrictServer:
    """Take each token for one request only. Meanwhile another program writes the next one."""

    def has_token(request: Request) -> bytes | None:
        is_good = request.headers["authorization"] == f"Bearer {key.read_text()}"
        return None if is_good else refusal(401, [{"error": {"code": 401, "status": "UNAUTHENTICATED"}}])

    def answer(request: Request) -> Behaviour:
        written = key.with_name("next-key")
        written.write_text(key.read_text() + "x")
        written.replace(key)
        return answers()(request)

    return StrictServer((has_token,), answer)
