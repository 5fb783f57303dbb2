"""
The way from the SDK to the provider: one client, one address, connections that are kept and shared by all threads.

Every wait ends with the call's total deadline. No redirect is followed, and no proxy or other setting is taken from the
environment.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx2

from boundary.connections import Connection, KeptConnections
from boundary.sockets import connect, start_tls, tls_context


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
        self._place = place_of(address)
        self._tls = tls_context() if self._place.tls else None
        # All but the length. The SDK's own headers tell facts about this machine, and take others, even the key, from
        # the environment. The address and the key have the shapes that a request's head may hold.
        lines = (
            b"POST %s HTTP/1.1" % address.raw_path,
            b"Host: %s" % address.netloc,
            b"Authorization: Bearer %s" % api_key.encode(),
            b"Content-Type: application/json",
            b"Accept: application/json",
            b"Accept-Encoding: identity",
            b"User-Agent: rotation-decisions",
            b"Content-Length: ",
        )
        self._head = b"\r\n".join(lines)
        self._kept = KeptConnections()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        content = request.read()
        connection = self._kept.take() or self._connect()
        try:
            with _told_as(httpx2.ReadError):
                status, body = connection.ask(b"%s%d\r\n\r\n%s" % (self._head, len(content), content))
        except BaseException:
            connection.close()
            raise
        self._kept.keep(connection)
        return httpx2.Response(status, content=body)

    def _connect(self) -> Connection:
        host, port, _ = self._place
        with _told_as(httpx2.ConnectError):
            connected = connect(host, port)
            return Connection(start_tls(connected, self._tls, host) if self._tls else connected)

    def close(self) -> None:
        self._kept.close()


class Place(NamedTuple):
    host: str
    port: int
    tls: bool


def place_of(base_url: httpx2.URL | str) -> Place:
    """Name the host as its header does: Python and httpx2 read a name that is not ASCII by two different standards."""
    address = httpx2.URL(base_url)
    tls = address.scheme == "https"
    return Place(address.raw_host.decode(), address.port or (443 if tls else 80), tls)


@contextmanager
def _told_as(fault: type[httpx2.NetworkError]) -> Iterator[None]:
    """Raise what the SDK knows: it turns a timeout and a broken connection into exceptions of its own."""
    try:
        yield
    except TimeoutError:
        raise httpx2.TimeoutException("deadline") from None
    except OSError:
        raise fault("broken off") from None
