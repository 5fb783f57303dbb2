"""
A model's server on loopback that misbehaves on demand.

A behaviour is a function of the connection, called after each request was read. If it returns true, the connection is
kept.
"""

import json
import socket
import ssl
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from time import sleep
from typing import Any

Behaviour = Callable[[socket.socket], object]
DRIP_SECONDS = 0.05


@dataclass(frozen=True)
class Request:
    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body)
        return document


@dataclass
class FaultServer:
    behaviour: Behaviour
    at_once: bool = False
    tls: ssl.SSLContext | None = None
    by_request: Callable[[Request], Behaviour] | None = None
    port: int = 0
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    def url(self, scheme: str = "http", host: str = "127.0.0.1") -> str:
        return f"{scheme}://{host}:{self.port}/v1"

    def serve(self, listener: socket.socket) -> None:
        # It ends when the listener is shut down.
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                self.connections += 1
                # Without this, a server's second write waits for an acknowledgement that the client delays.
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._talk, args=(connection,), name="fault-server", daemon=True).start()

    def _talk(self, accepted: socket.socket) -> None:
        with suppress(OSError), self._secured(accepted) as connection:
            if self.at_once:
                self.behaviour(connection)
                return
            while (request := _read_request(connection)) is not None:
                self.requests.append(request)
                behaviour = self.by_request(request) if self.by_request else self.behaviour
                if not behaviour(connection):
                    return

    def _secured(self, connection: socket.socket) -> socket.socket:
        return self.tls.wrap_socket(connection, server_side=True) if self.tls else connection


@contextmanager
def fault_server(
    behaviour: Behaviour, *, at_once: bool = False, tls: ssl.SSLContext | None = None
) -> Iterator[FaultServer]:
    """Serve until the block ends; `at_once` behaves on connecting, before any request."""
    server = FaultServer(behaviour, at_once, tls)
    with _served(server):
        yield server


@contextmanager
def answering(
    by_request: Callable[[Request], Behaviour], *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> Iterator[FaultServer]:
    """Serve until the block ends. Each request gets its own behaviour."""
    server = FaultServer(hang, tls=tls, by_request=by_request)
    with _served(server, host):
        yield server


@contextmanager
def _served(server: FaultServer, host: str = "127.0.0.1") -> Iterator[None]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family, backlog=128) as listener:
        server.port = listener.getsockname()[1]
        accepting = threading.Thread(target=server.serve, args=(listener,), name="fault-server")
        accepting.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()


def _read_request(connection: socket.socket) -> Request | None:
    with connection.makefile("rb") as lines:
        if not (first := lines.readline()):
            return None
        headers = {}
        while line := lines.readline().strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return Request(first.decode("latin-1").strip(), headers, lines.read(int(headers.get("content-length", 0))))


def completion(content: object, **changes: object) -> dict[str, object]:
    """Write a chat completion as OpenAI's own server does; `changes` replace parts of its one choice."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"} | changes
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "fake-model-2026-11-01",
        "choices": [choice],
        "usage": {"prompt_tokens": 321, "completion_tokens": 21, "total_tokens": 342},
    }


def http(status: int, body: bytes = b"", **headers: str) -> bytes:
    named = {"content-type": "application/json", "content-length": str(len(body))}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status} Status\r\n{head}\r\n".encode() + body


def say(answer: bytes, then: Behaviour = lambda _: True) -> Behaviour:
    """Send these bytes, then do as `then` says: by default, keep the connection."""

    def behave(connection: socket.socket) -> object:
        connection.sendall(answer)
        return then(connection)

    return behave


def say_json(document: object) -> Behaviour:
    return say(http(200, json.dumps(document).encode()))


def close_after(answer: bytes) -> Behaviour:
    return say(answer, lambda _: False)


def hang(connection: socket.socket) -> None:
    """Say nothing until the client closes the connection."""
    connection.recv(1)


def drip(answer: bytes) -> Behaviour:
    """Send one byte at a time, so that no single wait is long."""

    def behave(connection: socket.socket) -> None:
        for position in range(len(answer)):
            connection.sendall(answer[position : position + 1])
            sleep(DRIP_SECONDS)

    return behave


def drip_after(answer: bytes) -> Behaviour:
    """Send these bytes at once, then blanks one at a time."""
    return say(answer, drip(b" " * 500))


def pause_after(first: bytes, then: Behaviour) -> Behaviour:
    def behave(connection: socket.socket) -> object:
        sleep(DRIP_SECONDS)
        return then(connection)

    return say(first, behave)


def reset_after(answer: bytes) -> Behaviour:
    """Send the bytes, then cut the connection with a TCP reset."""
    linger = struct.pack("ii", 1, 0)
    return pause_after(answer, lambda it: it.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger))


def endless(start: str, again: bytes) -> Behaviour:
    """Send these lines, then the same bytes forever."""

    def behave(connection: socket.socket) -> None:
        while True:
            connection.sendall(again)

    return say(start.replace("\n", "\r\n").encode(), behave)


def gzip_bomb() -> bytes:
    """150 MB of blanks in 150 KB. The parts are equal, so that two of a hundred are compressed."""
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS + 16)
    first, again = (packer.compress(b" " * 1_500_000) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return http(200, first + again * 99, content_encoding="gzip")
