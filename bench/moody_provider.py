"""
A model's server for long runs: it answers at once, and fails the reports that ask for it, each time another way.

Served from a process of its own, one thread for a connection, as the instant one is.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection

from bench.instant_provider import COMPLETION, REPLY

FAILS = b"The provider fails here"


def _reply(status: str, body: bytes, kind: str = "application/json") -> bytes:
    return f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


# Empty: the connection is closed without a word.
FAILURES = (
    _reply("500 Internal Server Error", b'{"error": {"message": "overloaded"}}'),
    _reply("429 Too Many Requests", b'{"error": {"message": "slow down"}}'),
    _reply("400 Bad Request", b'{"error": {"message": "no such model"}}'),
    _reply("200 OK", b"<html>a proxy of ours says hello</html>", "text/html"),
    _reply("200 OK", COMPLETION.replace(b"P-7", b"P-8")),
    _reply("200 OK", COMPLETION.replace(b'"stop"', b'"length"')),
    b"",
)


@contextmanager
def moody_provider() -> Iterator[str]:
    """Serve until the block ends; yield the base URL."""
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}/v1"
    finally:
        process.terminate()
        process.join()


def _serve(parent: Connection) -> None:
    failed = count()
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        parent.send(listener.getsockname()[1])
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_talk, args=(connection, failed), daemon=True).start()


def _talk(connection: socket.socket, failed: "count[int]") -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection, connection.makefile("rb") as lines, suppress(OSError):
        while lines.readline():
            length = 0
            while line := lines.readline().strip():
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            reply = FAILURES[next(failed) % len(FAILURES)] if FAILS in lines.read(length) else REPLY
            if not reply:
                return
            connection.sendall(reply)
