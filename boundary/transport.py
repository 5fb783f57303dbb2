"""
The way from the SDK to the provider: one client, one address, connections that are kept and shared by all threads.

Every wait ends with the call's total deadline. No redirect is followed, and no proxy or other setting is taken from the
environment. The SDK's own layers take twice the CPU for a call (`python -m bench.boundary`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any

import httpx2

from boundary.connections import Connection, KeptConnections, UnusableAnswer
from boundary.sockets import TooMuch, connect, start_tls, tls_context


class DirectClient(httpx2.Client):
    """What the SDK sends by: one transport and nothing around it, be it cookies, redirects, hooks or a log."""

    def __init__(self, address: httpx2.URL, *, api_key: str) -> None:
        self._direct = DeadlineTransport(address, api_key=api_key)
        super().__init__(transport=self._direct)

    def send(self, request: httpx2.Request, **_how: Any) -> httpx2.Response:
        response = self._direct.handle_request(request)
        response.request = request
        return response


class DeadlineTransport(httpx2.BaseTransport):
    """Post to one address over plain HTTP/1.1."""

    def __init__(self, address: httpx2.URL, *, api_key: str) -> None:
        self._tls = tls_context() if address.scheme == "https" else None
        self._place = address.host, address.port or (443 if self._tls else 80)
        self._head = _head(address, api_key)
        self._kept = KeptConnections()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        content = request.read()
        connection = self._kept.take() or self._connect()
        try:
            with _told_as(httpx2.ReadError):
                status, body = connection.exchange(b"%s%d\r\n\r\n%s" % (self._head, len(content), content))
        except BaseException:
            connection.close()
            raise
        self._kept.keep(connection)
        return httpx2.Response(status, content=body)

    def _connect(self) -> Connection:
        with _told_as(httpx2.ConnectError):
            host, port = self._place
            connected = connect(host, port)
            return Connection(start_tls(connected, self._tls, host) if self._tls else connected)

    def close(self) -> None:
        self._kept.close()


def _head(address: httpx2.URL, api_key: str) -> bytes:
    """
    Write every header but the last one's value ourselves, once.

    The SDK's own tell facts about this machine, and take others, even the key, from the environment.
    """
    lines = (
        f"POST {address.raw_path.decode()} HTTP/1.1",
        f"Host: {address.netloc.decode()}",
        f"Authorization: Bearer {api_key}",
        "Content-Type: application/json",
        "Accept: application/json",
        "Accept-Encoding: identity",
        "User-Agent: rotation-decisions",
        "Content-Length: ",
    )
    return "\r\n".join(lines).encode()


@contextmanager
def _told_as(fault: type[httpx2.NetworkError]) -> Iterator[None]:
    """Raise what the SDK knows: it turns a timeout and a broken connection into exceptions of its own."""
    try:
        yield
    except TimeoutError:
        raise httpx2.TimeoutException("deadline") from None
    except TooMuch:
        raise UnusableAnswer("too large") from None
    # http.client raises ValueError for a chunk of a negative size.
    except (OSError, HTTPException, ValueError):
        raise fault("no connection") from None
