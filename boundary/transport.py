"""
The way to the provider: kept connections, shared by all threads, whose every wait ends with the call's total deadline.

No redirect is followed, no proxy or other setting is taken from the environment, nothing compressed is accepted, and no
more than a fixed number of bytes is read. HTTP is the standard library's, which takes a third of the CPU of the SDK's
own layers (`python -m bench.boundary`).
"""

import select
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse
from threading import Lock
from time import monotonic
from typing import Any

import httpx2

from boundary.sockets import DeadlineSocket, TooMuch, connect, start_tls, tls_context

ANSWER_LIMIT_BYTES = 256 * 1024
HEAD_LIMIT_BYTES = 64 * 1024
KEPT_CONNECTIONS = 64
KEPT_SECONDS = 30


class UnusableAnswer(httpx2.RequestError):
    """The answer is too large or in an encoding that was not asked for; no more of it is read."""


class DirectClient(httpx2.Client):
    """What the SDK sends by: one transport and nothing around it, be it cookies, redirects, hooks or a log."""

    def __init__(self, *, api_key: str) -> None:
        self._direct = DeadlineTransport(api_key=api_key)
        super().__init__(transport=self._direct)

    def send(self, request: httpx2.Request, **_how: Any) -> httpx2.Response:
        response = self._direct.handle_request(request)
        response.request = request
        return response


class DeadlineTransport(httpx2.BaseTransport):
    """Plain HTTP/1.1 to one server."""

    def __init__(self, *, api_key: str) -> None:
        # All but Host and Content-Length: the SDK's own tell facts about this machine, and take others, even the key,
        # from the environment.
        self._headers = {
            "Authorization": f"Bearer {api_key}",
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "rotation-decisions",
        }
        self._tls = tls_context()
        self._kept = KeptConnections()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        connection = self._kept.take() or self._connect(request.url)
        try:
            with _told_as(httpx2.ReadError):
                status, content = connection.exchange(request.url, request.read(), self._headers)
        except BaseException:
            connection.close()
            raise
        if connection.sock:
            self._kept.keep(connection)
        return httpx2.Response(status, content=content)

    def _connect(self, url: httpx2.URL) -> "Connection":
        connection = Connection(url.host, url.port or (443 if url.scheme == "https" else 80))
        with _told_as(httpx2.ConnectError):
            connection.sock = connect(connection.host, connection.port)
            if url.scheme == "https":
                connection.sock = start_tls(connection.sock, self._tls, connection.host)
        return connection

    def close(self) -> None:
        self._kept.close()


class Connection(HTTPConnection):
    """One connection; it has a `sock` for as long as it can be asked again."""

    sock: DeadlineSocket
    kept_until: float

    def exchange(self, url: httpx2.URL, content: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Send a request and read its answer, of an error the status alone: a body not read cannot hold it up."""
        self.sock.read_at_most(HEAD_LIMIT_BYTES + ANSWER_LIMIT_BYTES)
        self.request("POST", url.raw_path.decode(), content, {"Host": url.netloc.decode(), **headers})
        with closing(self.getresponse()) as answer:
            body = b"" if answer.status >= HTTPStatus.MULTIPLE_CHOICES else _read(answer)
            if not answer.isclosed():
                self.close()
            return answer.status, body

    def is_quiet(self) -> bool:
        """Tell whether the other side left it alone: it neither closed it nor said what nobody asked for."""
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return not poll.poll(0)


class KeptConnections:
    """Connections that nobody uses, the latest used on top, for 30 seconds each."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._idle: deque[Connection] = deque()

    def take(self) -> Connection | None:
        while connection := self._pop():
            if connection.kept_until > monotonic() and connection.is_quiet():
                return connection
            connection.close()
        return None

    def keep(self, connection: Connection) -> None:
        """Put one on top, in the place of whichever has lain too long below."""
        connection.kept_until = monotonic() + KEPT_SECONDS
        with self._lock:
            self._idle.append(connection)
            oldest = self._idle[0]
            surplus = len(self._idle) > KEPT_CONNECTIONS or oldest.kept_until < monotonic()
            if surplus:
                self._idle.popleft()
        if surplus:
            oldest.close()

    def close(self) -> None:
        while connection := self._pop():
            connection.close()

    def _pop(self) -> Connection | None:
        with self._lock:
            return self._idle.pop() if self._idle else None


def _read(answer: HTTPResponse) -> bytes:
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnusableAnswer("content-encoding")
    content = answer.read(ANSWER_LIMIT_BYTES + 1)
    if len(content) > ANSWER_LIMIT_BYTES:
        raise UnusableAnswer("too large")
    if answer.length:
        raise httpx2.ReadError("cut short")
    return content


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
