"""
The way to the provider: one connection pool whose every wait ends with the call's total deadline.

A timeout of the client's own bounds each read, so a body dripped byte by byte never ends. Here connect, TLS, each write
and each read wait for what is left of the deadline alone. No redirect is followed, no proxy or other setting is taken
from the environment, nothing compressed is accepted, and no more than a fixed number of bytes is read.
"""

import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import Any

import httpcore2
import httpx2
from httpcore2 import SOCKET_OPTION, NetworkBackend, NetworkStream, SyncBackend

from boundary.deadline import seconds_left
from boundary.resolver import resolve

ANSWER_LIMIT_BYTES = 256 * 1024
WRITE_BYTES = 16 * 1024
KEPT_CONNECTIONS = 64
KEPT_SECONDS = 30


class UnusableAnswer(httpx2.RequestError):
    """The answer is too large or in an encoding that was not asked for; no more of it is read."""


class DeadlineTransport(httpx2.BaseTransport):
    """Plain HTTP/1.1 over a pool of kept connections, shared by all threads."""

    def __init__(self, *, api_key: str) -> None:
        self._authorization = f"Bearer {api_key}".encode()
        self._pool = httpcore2.ConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=None,
            max_keepalive_connections=KEPT_CONNECTIONS,
            keepalive_expiry=KEPT_SECONDS,
            network_backend=DeadlineBackend(),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        content = request.read()
        with _httpx_errors():
            answer = self._pool.handle_request(
                httpcore2.Request(
                    method=request.method,
                    url=httpcore2.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.url.raw_path,
                    ),
                    headers=self._headers(request, len(content)),
                    content=content,
                )
            )
        if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
            # The status says it all; a body that is not read cannot hold it up.
            answer.close()
            return httpx2.Response(answer.status)
        return httpx2.Response(answer.status, headers=answer.headers, stream=CappedStream(answer))

    def _headers(self, request: httpx2.Request, length: int) -> list[tuple[bytes, bytes]]:
        """
        Write every header ourselves.

        The SDK's tell facts about this machine, and take others, even the key, from the environment.
        """
        return [
            (b"Host", request.url.netloc),
            (b"Authorization", self._authorization),
            (b"Content-Type", b"application/json"),
            (b"Content-Length", str(length).encode()),
            (b"Accept", b"application/json"),
            (b"Accept-Encoding", b"identity"),
            (b"User-Agent", b"rotation-decisions"),
        ]

    def close(self) -> None:
        self._pool.close()


class CappedStream(httpx2.SyncByteStream):
    """The answer's bytes as they came, up to the limit."""

    def __init__(self, answer: httpcore2.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        if any(
            name.lower() == b"content-encoding" and value.lower() != b"identity" for name, value in self._answer.headers
        ):
            raise UnusableAnswer("content-encoding")
        size = 0
        with _httpx_errors():
            for chunk in self._answer.iter_stream():
                size += len(chunk)
                if size > ANSWER_LIMIT_BYTES:
                    raise UnusableAnswer("too large")
                yield chunk

    def close(self) -> None:
        self._answer.close()


class DeadlineBackend(NetworkBackend):
    """Connect to a name's addresses in turn; each may wait its share of what is left, so that none takes it all."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> NetworkStream:
        addresses = resolve(host, port)
        for left, address in zip(range(len(addresses), 1, -1), addresses, strict=False):
            with suppress(httpcore2.ConnectError, httpcore2.ConnectTimeout):
                return self._connect(address, port, seconds_left() / left, local_address, socket_options)
        return self._connect(addresses[-1], port, seconds_left(), local_address, socket_options)

    def _connect(self, *where: Any) -> NetworkStream:
        return DeadlineStream(SyncBackend().connect_tcp(*where))


class DeadlineStream(NetworkStream):
    """A connection whose reads and writes share the deadline; the timeouts it is handed are not used."""

    def __init__(self, stream: NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, seconds_left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), WRITE_BYTES):
            self._stream.write(buffer[start : start + WRITE_BYTES], seconds_left())

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> NetworkStream:
        return DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, seconds_left()))

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


@contextmanager
def _httpx_errors() -> Iterator[None]:
    """Raise what the SDK knows: it turns a timeout and a broken connection into exceptions of its own."""
    try:
        yield
    except (TimeoutError, httpcore2.TimeoutException):
        raise httpx2.TimeoutException("deadline") from None
    except (httpcore2.ConnectError, httpcore2.UnsupportedProtocol):
        raise httpx2.ConnectError("no connection") from None
    except (httpcore2.NetworkError, httpcore2.ProtocolError):
        raise httpx2.ReadError("connection lost") from None
