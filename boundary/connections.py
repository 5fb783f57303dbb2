"""
What is asked over a connection, and which connections are kept.

h11 writes and reads the HTTP. Nothing compressed is accepted, and no more than a fixed number of bytes is read,
whatever a length, a chunk or a header says.
"""

import select
from collections import deque
from http import HTTPStatus
from threading import Lock
from time import monotonic

import h11

from boundary.sockets import DeadlineSocket, UnusableAnswer

ANSWER_LIMIT_BYTES = 256 * 1024
HEAD_LIMIT_BYTES = 64 * 1024
# "Continue", early hints, or a proxy's sign of life every few seconds of the longest deadline.
INTERIM_ANSWERS = 50
KEPT_CONNECTIONS = 64
KEPT_SECONDS = 30


class Connection:
    """One connection, which can be asked again for as long as it is open."""

    kept_until: float

    def __init__(self, connected: DeadlineSocket) -> None:
        self._socket = connected
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT_BYTES)
        self.is_open = True

    def ask(self, request: h11.Request, content: bytes) -> tuple[int, bytes]:
        """
        Send a request and read its answer, of an error the status alone: a body not read cannot hold it up.

        :raises h11.ProtocolError: what came is no answer, or not a whole one
        """
        self._socket.read_at_most(HEAD_LIMIT_BYTES + ANSWER_LIMIT_BYTES)
        events = (request, h11.Data(data=content), h11.EndOfMessage())
        self._socket.sendall(b"".join(self._http.send(event) or b"" for event in events))
        head = self._head()
        body = self._body(head) if head.status_code < HTTPStatus.MULTIPLE_CHOICES else b""
        self._start_anew()
        return head.status_code, body

    def _head(self) -> h11.Response:
        """Pass over what comes in front of an answer, but not for ever."""
        for _ in range(1 + INTERIM_ANSWERS):
            if isinstance(head := self._next(), h11.Response):
                return head
        raise UnusableAnswer("no answer")

    def _next(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            self._http.receive_data(self._socket.recv())
        return event

    def _body(self, head: h11.Response) -> bytes:
        if any(name == b"content-encoding" and value.lower() != b"identity" for name, value in head.headers):
            raise UnusableAnswer("content-encoding")
        body = b""
        while isinstance(data := self._next(), h11.Data):
            body += data.data
            if len(body) > ANSWER_LIMIT_BYTES:
                raise UnusableAnswer("too large")
        return body

    def _start_anew(self) -> None:
        """Close it unless both sides are through and nothing lies behind the answer, which nobody asked for."""
        if {self._http.our_state, self._http.their_state} == {h11.DONE} and self._http.trailing_data == (b"", False):
            self._http.start_next_cycle()
        else:
            self.close()

    def is_quiet(self) -> bool:
        """Tell whether the other side left it alone: it neither closed it nor said what nobody asked for."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        self.is_open = False
        self._socket.close()


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
        """Put one that is open on top, in the place of whichever has lain too long below."""
        if not connection.is_open:
            return
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
