"""A model's server that answers at once, or after a while, in a process of its own: its CPU is not counted as ours."""

import json
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from time import sleep

from tests.boundary.certificates import Certificate

ANSWER = json.dumps({"decision": "eligible", "rotation_window_days": 30, "source_line_ids": ["P-7"]})
COMPLETION = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "instant",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": ANSWER, "refusal": None},
                "finish_reason": "stop",
                "logprobs": None,
            }
        ],
        "usage": {"prompt_tokens": 321, "completion_tokens": 21, "total_tokens": 342},
    }
).encode()
REPLY = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(COMPLETION)
) + COMPLETION


@contextmanager
def instant_provider(after_seconds: float = 0, certificate: Certificate | None = None) -> Iterator[str]:
    """Serve until the block ends, over TLS if there is a certificate of localhost; yield the base URL."""
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_serve, args=(theirs, after_seconds, certificate), daemon=True)
    process.start()
    try:
        yield f"{'https' if certificate else 'http'}://{'localhost' if certificate else '127.0.0.1'}:{ours.recv()}/v1"
    finally:
        process.terminate()
        process.join()


def _serve(parent: Connection, after_seconds: float, certificate: Certificate | None) -> None:
    tls = certificate.server if certificate else None
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        parent.send(listener.getsockname()[1])
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_talk, args=(connection, after_seconds, tls), daemon=True).start()


def _talk(accepted: socket.socket, after_seconds: float, tls: ssl.SSLContext | None) -> None:
    accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with suppress(OSError), tls.wrap_socket(accepted, server_side=True) if tls else accepted as connection:
        _answer(connection, after_seconds)


def _answer(connection: socket.socket, after_seconds: float) -> None:
    with connection.makefile("rb") as lines:
        while lines.readline():
            length = 0
            while line := lines.readline().strip():
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            lines.read(length)
            sleep(after_seconds)
            connection.sendall(REPLY)


if __name__ == "__main__":
    with instant_provider() as url:
        sys.stdout.write(f"{url}\n")
        threading.Event().wait()
