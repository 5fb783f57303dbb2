"""
The way from the SDK to the provider: one client, one address, connections that are kept and shared by all threads.

Every wait ends with the call's total deadline. No redirect is followed, and no proxy or other setting is taken from the
environment.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import h11
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
        self._target = address.raw_path
        # All but the length. The SDK's own tell facts about this machine, and take others, even the key, from the
        # environment.
        self._headers = (
            (b"Host", address.netloc),
            (b"Authorization", f"Bearer {api_key}".encode()),
            (b"Content-Type", b"application/json"),
            (b"Accept", b"application/json"),
            (b"Accept-Encoding", b"identity"),
            (b"User-Agent", b"rotation-decisions"),
        )
        self._kept = KeptConnections()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        content = request.read()
        connection = self._kept.take() or self._connect()
        try:
            with _told_as(httpx2.ReadError):
                status, body = connection.ask(self._request(length=len(content)), content)
        except BaseException:
            connection.close()
            raise
        self._kept.keep(connection)
        return httpx2.Response(status, content=body)

    def _request(self, *, length: int) -> h11.Request:
        headers = [*self._headers, (b"Content-Length", str(length).encode())]
        return h11.Request(method=b"POST", target=self._target, headers=headers)

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
    except (OSError, h11.ProtocolError):
        raise fault("broken off") from None
